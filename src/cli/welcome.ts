import type { Started } from './start.js';

/** What `habeas start` prints once it is up: where to look and what to try. */
export function welcome({ foundation, introduction, running }: Started): string {
  if (!running.graph) return 'Habeas works: jobs are run here, requests are answered elsewhere.\n';
  const graph = `${foundation.publicUrl}/graphql`;
  const missing = running.graph.missing.map(
    ({ service, reason }) => `  ! ${service} is missing from the graph: ${reason}`,
  );
  const lines = ['', `Habeas answers at ${graph}`, ...missing];
  if (foundation.config.environment !== 'production')
    lines.push('Open it in a browser for an IDE with the questions below.');
  if (introduction) {
    const { tokens, questions } = introduction;
    lines.push(
      '',
      'Tokens to try it with (development only, good for 12 hours):',
      `  a person   ${tokens.person}`,
      `  a service  ${tokens.service}`,
      `  staff      ${tokens.staff}`,
      '',
      'Three questions to paste:',
      ...questions.flatMap(({ name, text, variables }) => [
        '',
        `── ${name}${variables === '{}' ? '' : `   variables ${variables.replaceAll(/\s+/g, ' ')}`}`,
        text,
      ]),
    );
  }
  return [...lines, ''].join('\n');
}
