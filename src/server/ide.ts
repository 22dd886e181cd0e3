import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/**
 * The page of the IDE: everything in one file, nothing from elsewhere, so that it works offline. Its nine megabytes are
 * loaded when somebody first looks.
 */
export async function idePage(questions: readonly Question[]): Promise<string> {
  const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql');
  const [first] = questions;
  return String(
    renderGraphiQL({
      title: 'Habeas',
      endpoint: '/graphql',
      subscriptionsProtocol: 'SSE',
      method: 'POST', // for subscriptions too, which it would otherwise ask by GET
      defaultQuery: first?.text ?? '{ viewer { kind } }',
      defaultTabs: questions.map(({ text, headers, variables }) => ({ query: text, headers, variables })),
      // GraphiQL fills the editors of its first tab from here alone.
      ...(first ? { headers: first.headers, variables: first.variables } : {}),
      credentials: 'omit',
    }),
  );
}

/** An example to start from. */
export interface Question {
  readonly name: string;
  readonly text: string;
  /** JSON of the headers it needs. */
  readonly headers: string;
  /** JSON of its variables. */
  readonly variables: string;
}

/** The `.graphql` files of a folder, in order of their names. */
export function readQuestions(folder: string): Pick<Question, 'name' | 'text'>[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.graphql'))
    .sort()
    .map((file) => ({
      name: path.basename(file, '.graphql'),
      text: readFileSync(path.join(folder, file), 'utf8').trim(),
    }));
}
