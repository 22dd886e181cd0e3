import type { Config } from '../config.js';

export async function checkServices(
  _config: Config,
  _files: string[],
  _print: (line: string) => void,
): Promise<number> {
  throw new Error('unfinished');
}
