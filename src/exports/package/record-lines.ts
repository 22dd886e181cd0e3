import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { ServiceError } from '../../errors.js';
import type { DataRecord } from '../../services/connector.js';

/** A collection's JSON file is an array with one record on each line, so that it can be read back record by record. */
export const ARRAY_START = '[\n';
export const ARRAY_END = '\n]\n';
export const BETWEEN_RECORDS = ',\n';

/** The record as one line. Throws `ServiceError` for what JSON cannot carry, such as a value nested without end. */
export function recordLine(service: string, record: DataRecord): string {
  try {
    return JSON.stringify(record);
  } catch (cause) {
    throw new ServiceError(service, 'SERVICE_ANSWER_INVALID', 'The service sent a record that JSON cannot hold.', {
      cause,
    });
  }
}

/** The records of such a file. */
export async function* readRecords(file: Readable): AsyncGenerator<DataRecord> {
  for await (const line of lines(file)) {
    if (!line.startsWith('{')) continue;
    const record: DataRecord = JSON.parse(line.endsWith(',') ? line.slice(0, -1) : line);
    yield record;
  }
}

/** Splits at line feeds alone: `node:readline` also splits at U+2028 and U+2029, which JSON texts may hold. */
async function* lines(file: Readable): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8');
  let begun: string[] = [];
  for await (const chunk of file) {
    const [first = '', ...others] = decoder.write(chunk).split('\n');
    begun.push(first);
    for (const next of others) {
      yield begun.join('');
      begun = [next];
    }
  }
  yield begun.join('');
}
