import { z } from 'zod';

/** `manifest.json`: what a package holds, for whoever wants to check that nothing was changed or lost. */
export const Manifest = z.object({
  format: z.literal('habeas-package'),
  version: z.literal(1),
  requestId: z.string(),
  accountId: z.string(),
  receivedAt: z.iso.datetime(),
  generatedAt: z.iso.datetime(),
  /** False when a service could not be read. */
  complete: z.boolean(),
  services: z.array(
    z.object({
      name: z.string(),
      status: z.enum(['complete', 'no_data', 'failed']),
      /** Why there is nothing of it in the package. */
      reason: z.string().nullable(),
      records: z.int().min(0),
      collections: z.array(z.object({ name: z.string(), records: z.int().min(0) })),
    }),
  ),
  /** Every file but the manifest itself. */
  files: z.array(
    z.object({
      path: z.string(),
      bytes: z.int().min(0),
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
      /** Only for the files of a collection. */
      records: z.int().min(0).optional(),
    }),
  ),
  notes: z.array(z.string()),
});

export type Manifest = z.infer<typeof Manifest>;
