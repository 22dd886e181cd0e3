import { ensureClient, findClient } from '../clients/clients.js';
import type { Config } from '../config.js';
import { loadKeys } from '../crypto/keys.js';
import { openDatabase } from '../database/database.js';
import { badInput } from '../errors.js';
import { developmentToken, type TokenHolder } from '../server/development-issuer.js';
import { taxonomy } from '../services/taxonomy.js';

export interface TokenOptions {
  readonly subject?: string;
  readonly client?: string;
  readonly purpose?: string;
  readonly staff?: string;
}

/** A development token. A client nobody has registered yet is registered, affiliated, with the purpose named. */
export async function token(config: Config, options: TokenOptions): Promise<string> {
  const holder = holderOf(options);
  if (holder.kind === 'client') await registerForTrial(config, holder.name, holder.purpose);
  const keys = await loadKeys(config.keysFile, { create: config.environment !== 'production' });
  return developmentToken(config, keys, holder);
}

function holderOf({ subject, client, purpose, staff }: TokenOptions): TokenHolder {
  const given = [subject, client, staff].filter((value) => value !== undefined);
  if (given.length !== 1)
    throw badInput('token', 'name exactly one of --subject ID, --client NAME and --staff dps|support.');
  if (purpose !== undefined && client === undefined) throw badInput('--purpose', 'goes with --client only.');
  if (subject !== undefined) return { kind: 'subject', accountId: subject };
  if (client !== undefined) return { kind: 'client', name: client, purpose: purpose ?? null };
  if (staff !== 'dps' && staff !== 'support') throw badInput('--staff', 'is dps or support.');
  return { kind: 'staff', role: staff };
}

async function registerForTrial(config: Config, name: string, purpose: string | null): Promise<void> {
  if (config.environment === 'production') return; // The issuer refuses with the mend.
  if (purpose && !taxonomy.use(purpose)) {
    const nearest = taxonomy.nearest('data_use', purpose);
    throw badInput('--purpose', `is not a Fideslang data use.${nearest ? ` Did you mean ${nearest}?` : ''}`);
  }
  const database = await openDatabase(config);
  try {
    const client = await findClient(database.db, name);
    if (!client) {
      const purposes = purpose ? [purpose] : [];
      await ensureClient(database.db, { name, affiliation: 'AFFILIATED', purposes, country: 'GB' });
    } else if (purpose && !client.purposes.includes(purpose)) {
      throw badInput(
        '--purpose',
        `is not registered for ${name}. Registered: ${client.purposes.join(', ') || 'none'}.`,
      );
    }
  } finally {
    await database.close();
  }
}
