// A server that writes consents, or a worker that tells of them, for killing.
import { externalIdReader } from '../../dist/src/accounts/external-ids.js';
import { give, withdraw } from '../../dist/src/consents/consents.js';
import { loadKeys } from '../../dist/src/crypto/keys.js';
import { openDatabase } from '../../dist/src/database/database.js';
import { notifications } from '../../dist/src/database/notifications.js';
import { startDelivery } from '../../dist/src/events/delivery.js';
import { taxonomy } from '../../dist/src/services/taxonomy.js';
import { createLogger } from '../../dist/src/telemetry.js';

const { role, url, keysFile, service, people, purpose, round, timing } = JSON.parse(process.argv[2]);
process.on('disconnect', () => process.exit());
const keys = await loadKeys(keysFile, { create: false });
const { db, sql } = await openDatabase({ databaseUrl: url, dataDirectory: '' });

if (role === 'worker') {
  await startDelivery({
    url,
    keys,
    services: [service],
    notifications: notifications(sql),
    externalIds: externalIdReader(sql, keys),
    giveUpMs: 86_400_000,
    log: createLogger('silent'),
    timing: { pollMs: 100, leaseMs: timing.leaseMs, backoffMs: () => 50 },
  });
  process.send({ ready: true });
} else {
  process.send({ ready: true });
  const act = { channel: 'APP', actor: 'data subject', by: 'PERSON' };
  const rules = { age: 13, months: 24, taxonomy };
  await Promise.all(
    people.map(async (accountId) => {
      for (let turn = 0; ; turn++) {
        const evidence = `${round}/${turn}/${accountId}`;
        const said = { ...act, accountId, purpose, evidence };
        await db.transaction((tx) =>
          turn % 2 === 0
            ? give(tx, keys, new Date(), rules, { ...said, policyVersion: 2 })
            : withdraw(tx, new Date(), taxonomy, said),
        );
        process.send({ acknowledged: evidence });
      }
    }),
  );
}
