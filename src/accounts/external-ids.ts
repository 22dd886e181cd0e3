import type { Sql } from 'postgres';
import type { Keys } from '../crypto/keys.js';
import { accountReader } from './account-reader.js';

/** As whom a service knows people, by account id; who is erased, unknown or not linked to it is left out. */
export type ExternalIds = (service: string, accountIds: readonly string[]) => Promise<ReadonlyMap<string, string>>;

export function externalIdReader(sql: Sql, keys: Keys): ExternalIds {
  const reader = accountReader(sql, keys);
  return async (service, accountIds) => {
    const accounts = await Promise.all([...new Set(accountIds)].map((id) => reader.load(id)));
    return new Map(
      accounts.flatMap((account) => {
        const link = account?.record.links.find((each) => each.service === service);
        return account && link ? [[account.id, link.externalId] as const] : [];
      }),
    );
  };
}
