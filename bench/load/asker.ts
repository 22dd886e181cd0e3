import type { Job } from './job.js';
import { runStretch } from './stretch.js';

/** The process that asks: told a `Job`, it answers an `Outcome` or why there is none. */
process.on('message', (job: Job) => {
  runStretch(job).then(
    (outcome) => process.send?.({ outcome }),
    (error: Error) => process.send?.({ error: error.message }),
  );
});
process.on('disconnect', () => process.exit());
