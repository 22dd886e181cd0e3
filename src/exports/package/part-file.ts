import path from 'node:path';
import type { Readable } from 'node:stream';
import { openSealedFile, type SealingKey } from '../../crypto/sealed-file.js';
import { SealedWriter } from './sealed-writer.js';

/** A file of a part opens only under its own name in its own part. */
const contextOf = (context: string, name: string) => `${context}/${name}`;

export const createPartFile = (
  directory: string,
  name: string,
  key: SealingKey,
  context: string,
): Promise<SealedWriter> => SealedWriter.create(path.join(directory, name), key, contextOf(context, name));

/** The plaintext of one file of a part. */
export const openPartFile = (directory: string, name: string, key: SealingKey, context: string): Readable =>
  openSealedFile(path.join(directory, name), key, contextOf(context, name));
