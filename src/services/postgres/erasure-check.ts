import type { Mend } from '../mend.js';
import type { ReferenceGraph, Step } from '../reference-graph.js';
import type { Service } from '../service.js';
import type { Catalogue, Table } from './catalogue.js';
import { openErasingPool } from './client.js';
import { erasureStatements, masksOf } from './erasure-statements.js';
import { toServiceError } from './failure.js';
import { SchemaMismatch } from './places.js';

/** Whether the collections could be erased from as the manifest says: by the role's rights, and the masks' columns. */
export async function checkErasure(
  service: Service,
  catalogue: Catalogue,
  graph: ReferenceGraph,
): Promise<readonly Mend[]> {
  const ruleOf = (step: Step) => service.erasure.get(step.collection.name);
  const masks: Mend[] = [];
  const wanted: { key: string; table: Table; right: 'delete' | 'update' }[] = [];
  for (const step of graph.steps) {
    const table = catalogue.table(step.dataset, step.collection);
    if (!table) continue; // told already
    try {
      erasureStatements(graph, catalogue, step, ruleOf);
    } catch (error) {
      if (!(error instanceof SchemaMismatch)) throw error;
      masks.push({ needed: true, text: `${error.message}.` });
      continue;
    }
    const relation = { key: step.key, table, sql: '' };
    const action = ruleOf(step)?.action ?? 'DELETE';
    const deletes = action === 'DELETE' || (action === 'KEEP' && ruleOf(step)?.keepFor !== null);
    if (deletes) wanted.push({ key: step.key, table, right: 'delete' });
    if (masksOf(graph, step, relation, ruleOf).length > 0) wanted.push({ key: step.key, table, right: 'update' });
  }
  const sql = openErasingPool(service);
  try {
    const asked = wanted.map(({ table, right }) => ({ schema: table.schema, name: table.name, right }));
    const rows = await sql<{ may: boolean }[]>`
      select has_table_privilege(format('%I.%I', w.value->>'schema', w.value->>'name'), w.value->>'right') as may
      from jsonb_array_elements(${JSON.stringify(asked)}::text::jsonb) with ordinality w order by w.ordinality`;
    const missing = wanted.filter((_each, index) => rows[index]?.may === false);
    const rights = missing.map(({ key, table, right }) => ({
      needed: false,
      text: `${key}: cannot be erased from: grant select, ${right} on ${table.schema}.${table.name} to the role of erase_url.`,
    }));
    return [...masks, ...rights];
  } catch (error) {
    return [
      ...masks,
      { needed: true, text: `connection.postgres.erase_url: ${toServiceError(service, error).message}` },
    ];
  } finally {
    await sql.end({ timeout: 1 });
  }
}
