import type { Sql } from 'postgres';
import { EnvelopeError } from '../crypto/envelope.js';
import type { Keys } from '../crypto/keys.js';
import { accountReader } from './account-reader.js';
import type { Account } from './accounts.js';

/**
 * As whom a service knows people, by account id. Left out is who is erased, unknown or not linked to it, and whose record
 * cannot be opened, so that one damaged record is nobody else's trouble.
 */
export type ExternalIds = (service: string, accountIds: readonly string[]) => Promise<ReadonlyMap<string, string>>;

export function externalIdReader(sql: Sql, keys: Keys): ExternalIds {
  const reader = accountReader(sql, keys);
  return async (service, accountIds) => {
    const accounts = await Promise.all([...new Set(accountIds)].map((id) => reader.load(id)));
    return new Map(
      accounts.flatMap((account) => {
        const externalId = account && externalIdAt(account, service);
        return externalId ? [[account.id, externalId] as const] : [];
      }),
    );
  };
}

function externalIdAt(account: Account, service: string): string | undefined {
  try {
    return account.record.links.find((each) => each.service === service)?.externalId;
  } catch (error) {
    if (error instanceof EnvelopeError) return undefined;
    throw error;
  }
}
