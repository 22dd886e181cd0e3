import type { Connector, RecordPage, Subject } from '../../../src/services/connector.js';

/** All pages of an export from one service. */
export async function allPages(
  connector: Connector,
  subject: Subject,
  signal = new AbortController().signal,
): Promise<RecordPage[]> {
  const pages: RecordPage[] = [];
  for await (const page of connector.records(subject, signal)) pages.push(page);
  return pages;
}
