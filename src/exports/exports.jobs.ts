import { z } from 'zod';
import { defineJob } from '../jobs/jobs.js';

/** Days of trying: the library waits e^attempt seconds, at most six hours, between two attempts. */
const ATTEMPTS = 40;

/** Reads one service's records of a person into the part of a package. */
export const collectJob = defineJob({
  name: 'exports_collect',
  payload: z.object({ requestId: z.uuid(), service: z.string() }),
  maxAttempts: ATTEMPTS,
});

/** Makes the package out of the parts, once every service has ended. */
export const sealJob = defineJob({
  name: 'exports_seal',
  payload: z.object({ requestId: z.uuid() }),
  maxAttempts: ATTEMPTS,
});

/** Removes what has expired, was revoked or was left behind by a process that died. */
export const sweepJob = defineJob({ name: 'exports_sweep', payload: z.unknown(), maxAttempts: 3 });
