import type { Introduction } from './company.js';
import type { Started } from './start.js';

/** What `habeas start` prints once it is up: what to try and, last, so that it stays in sight, where and as whom. */
export function welcome({ foundation, introduction, running }: Started): string {
  if (!running.graph) return 'Habeas works: jobs are run here, requests are answered elsewhere.\n';
  const { config, publicUrl } = foundation;
  const missing = running.graph.missing.map(
    ({ service, reason }) => `  ! ${service} is missing from the graph: ${reason}`,
  );
  const lines = [`Habeas answers at ${publicUrl}/graphql`, ...missing];
  if (introduction) return text([...questions(introduction), ...lines, ...tokens(introduction)]);
  if (config.environment === 'production') return text(lines);
  return text([
    ...lines,
    'Open it in a browser for an IDE. "habeas token --help" tells how to get a token to ask with.',
  ]);
}

function questions({ questions }: Introduction): string[] {
  const each = questions.flatMap(({ name, text, variables }) => [
    `── ${name}${variables === '{}' ? '' : `   variables ${variables.replaceAll(/\s+/g, ' ')}`}`,
    text,
    '',
  ]);
  return ['Three questions to paste:', '', ...each];
}

function tokens({ tokens: { person, service, staff } }: Introduction): string[] {
  return [
    'Open it in a browser for an IDE that has the questions above, each with its token.',
    '',
    'Tokens to ask with from elsewhere (development only, good for 12 hours):',
    `  a person   ${person}`,
    `  a service  ${service}`,
    `  staff      ${staff}`,
  ];
}

const text = (lines: readonly string[]): string => ['', ...lines, ''].join('\n');
