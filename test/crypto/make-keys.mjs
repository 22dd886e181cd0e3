import { existsSync } from 'node:fs';
import { loadKeys } from '../../dist/src/crypto/keys.js';

// Loads the keys of a file once the file that gives the starting signal exists, and says which signing key it got.
const [, , file, signal] = process.argv;
process.stdout.write('waiting\n');
while (!existsSync(signal)) await new Promise((resolve) => setImmediate(resolve));
const keys = await loadKeys(file, { create: true });
process.stdout.write(`${keys.signing.kid} ${keys.derive('comparison').toString('hex')}\n`);
