import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { z } from 'zod';
import type { Db } from '../database/database.js';
import { projectRoot } from '../database/project-root.js';
import { publishPolicy } from '../policies/policies.js';
import { taxonomy } from '../services/taxonomy.js';

const PolicyFile = z.strictObject({
  version: z.int(),
  effectiveFrom: z.iso.date(),
  title: z.string(),
  purposes: z.array(
    z
      .strictObject({
        key: z.string(),
        title: z.string(),
        description: z.string(),
        lawfulBasis: z.enum([
          'CONSENT',
          'CONTRACT',
          'LEGAL_OBLIGATION',
          'VITAL_INTERESTS',
          'PUBLIC_TASK',
          'LEGITIMATE_INTERESTS',
        ]),
        categories: z.array(z.string()),
        retention: z.string().nullable().default(null),
        recipients: z.array(z.string()).default([]),
        marketing: z.boolean().default(false),
        material: z.boolean().default(false),
      })
      .transform(({ key, ...rest }) => ({ ...rest, purpose: key })),
  ),
});

/** Publishes the demo company's policies, `examples/policies/*.yml`, each with its text beside it. */
export async function publishPolicies(db: Db): Promise<void> {
  const folder = new URL('examples/policies/', projectRoot());
  const files = readdirSync(fileURLToPath(folder)).filter((file) => file.endsWith('.yml'));
  const policies = files.map((file) => {
    const policy = PolicyFile.parse(parse(readFileSync(new URL(file, folder), 'utf8')));
    return { ...policy, text: readFileSync(new URL(file.replace('.yml', '.md'), folder), 'utf8') };
  });
  for (const policy of policies.sort((a, b) => a.version - b.version)) {
    await db.transaction((tx) => publishPolicy(tx, new Date(), taxonomy, policy, 'staff (dps)'));
  }
}
