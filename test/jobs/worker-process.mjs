// A worker of its own process, for killing. Its jobs say by message that they began and ended, and last as long as told.
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { defineJob, handler } from '../../dist/src/jobs/jobs.js';
import { startWorker } from '../../dist/src/jobs/worker.js';
import { createLogger } from '../../dist/src/telemetry.js';

const job = defineJob({ name: 'last', payload: z.object({ name: z.string(), ms: z.number() }), maxAttempts: 5 });

await startWorker({
  url: process.argv[2],
  concurrency: 2,
  log: createLogger('silent'),
  handlers: [
    handler(job, async ({ name, ms }) => {
      process.send({ began: name });
      await delay(ms);
      process.send({ ended: name });
    }),
  ],
});
process.send({ began: 'worker' });
process.on('disconnect', () => process.exit());
