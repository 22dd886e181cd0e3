#!/usr/bin/env node
import 'reflect-metadata';
import { explain, habeas } from './cli/habeas.js';

try {
  await habeas().parseAsync();
} catch (error) {
  process.stderr.write(`${explain(error)}\n`);
  process.exitCode = 1;
}
