import type { WithheldReason } from '../gate/decide.js';
import { CROWDS, type PlannedCall } from '../graph/explain/calls.js';
import type { ExplainedField, Explanation } from '../graph/explain/explanation.js';
import type { NeverRead } from '../graph/explain/mends.js';
import type { Explained } from './explain.js';

/** An explanation as it is read at a terminal. */
export function explanationText({ explanation, notes }: Explained): string {
  const { operation, client, purpose, refused, never, account } = explanation;
  const basis = purpose.lawfulBasis ? ` (${purpose.lawfulBasis}${purpose.marketing ? ', marketing' : ''})` : '';
  const parts = [
    [`${operation ?? 'The question'}, asked by ${client.name} (${client.affiliation}) for ${purpose.key}${basis}`],
    notes.map((note) => `Note: ${note}`),
    refused ? [`Refused before anything is asked: ${refused.code}`, indented(refused.message)] : planText(explanation),
    never.length > 0 ? ['Never read', ...never.flatMap(neverText)] : [],
    fieldsText(explanation.fields),
    account ? accountText(account) : [],
  ];
  return `${parts
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function planText({ plan, calls }: Explanation): string[] {
  const total = CROWDS.map((people) => `${calls[people]} for ${people}`).join(', ');
  return [
    `Calls to services: ${total} people. Whose answers are cut differently are asked about apart.`,
    ...plan.flatMap(callText),
  ];
}

function callText({ order, service, affiliation, about, at, asks, onlyIf, calls, means }: PlannedCall): string[] {
  const what = about.length > 0 ? ` about ${about.join(', ')} at ${at.join(', ')}` : '';
  const outside = affiliation === 'EXTERNAL' ? ' (external)' : '';
  const times = means === 'in process' ? means : `${means}: ${CROWDS.map((people) => calls[people]).join(', ')}`;
  const conditions = Object.entries(onlyIf).map(([variable, value]) => `$${variable} is ${value}`);
  const only = conditions.length > 0 ? `, only if ${conditions.join(' and ')}` : '';
  return [`${order}. ${service}${outside}${what}, ${times}${only}`, indented(asks)];
}

function neverText({ field, category, reason, mends }: NeverRead): string[] {
  return [`  ! ${field}${category ? ` (${category})` : ''}: ${reason}.`, ...mends.map((mend) => `      ${mend}`)];
}

function fieldsText(fields: readonly ExplainedField[]): string[] {
  const told = fields.filter(({ category, mayBeWithheld }) => category !== null || mayBeWithheld.length > 0);
  if (told.length === 0) return [];
  const rows = told.map((field) => [
    field.field,
    field.category ?? 'none of its own',
    field.declarations.map(declarationText).join('; ') || '-',
    obstaclesOf(field).join(', ') || 'nothing but erasure',
  ]);
  return ['Fields', ...table([['field', 'category', 'allowed by', 'may be withheld for'], ...rows])];
}

const declarationText = ({ service, dataUse, lawfulBasis }: ExplainedField['declarations'][number]) =>
  `${service}: ${dataUse}${lawfulBasis ? ` (${lawfulBasis})` : ''}`;

const OBSTACLES: Readonly<Record<WithheldReason, string>> = {
  NO_CONSENT: 'consent',
  CONSENT_WITHDRAWN: 'consent',
  CONSENT_EXPIRED: 'consent',
  CONSENT_NEEDS_RENEWAL: 'consent',
  OBJECTED: 'objection',
  RESTRICTED: 'restriction',
  ERASED: 'erasure',
  EXTERNAL_RECIPIENT: 'external recipient',
};

function obstaclesOf({ mayBeWithheld, isHeldOutside }: ExplainedField): string[] {
  const words = mayBeWithheld.map((reason) => OBSTACLES[reason]);
  return [...new Set([...words, ...(isHeldOutside ? ['external service'] : [])])];
}

function accountText({ id, status, withheld }: NonNullable<Explanation['account']>): string[] {
  const title = `Withheld today for ${id} (${status})`;
  if (withheld.length === 0) return [`${title}: nothing`];
  return [title, ...table(withheld.map(({ field, reason }) => [field, reason]))];
}

function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_cell, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd());
}

const indented = (text: string) => text.replaceAll(/^/gm, '     ');
