import { readdirSync, readFileSync } from 'node:fs';

/** Linux counts processor time in ticks of ten milliseconds. */
const TICK_MS = 10;

interface Entry {
  readonly parent: number;
  readonly ms: number;
}

/**
 * Processor time a process and all it has started have taken so far, milliseconds. Null where the system does not tell
 * it in `/proc`.
 */
export function cpuMs(pid: number): number | null {
  const entries = readProcesses();
  if (!entries) return null;
  const family = new Set([pid]);
  for (let before = 0; before < family.size; ) {
    before = family.size;
    for (const [each, { parent }] of entries) if (family.has(parent)) family.add(each);
  }
  return [...family].reduce((sum, each) => sum + (entries.get(each)?.ms ?? 0), 0);
}

function readProcesses(): Map<number, Entry> | null {
  const entries = new Map<number, Entry>();
  try {
    for (const name of readdirSync('/proc')) {
      const entry = /^\d+$/.test(name) ? readEntry(name) : null;
      if (entry) entries.set(Number(name), entry);
    }
  } catch {
    return null;
  }
  return entries.size > 0 ? entries : null;
}

/** See proc_pid_stat(5): fields 4 (parent), 14 and 15 (own time), 16 and 17 (that of children that have ended). */
function readEntry(pid: string): Entry | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
    return { parent: Number(fields[1]), ms: ticks * TICK_MS };
  } catch {
    return null; // It has ended since.
  }
}
