/** What one subject did in one case: medians over the rounds. */
export interface Run {
  readonly case: string;
  readonly subject: string;
  /** Requests answered in a second. */
  readonly rps: number;
  readonly p50_ms: number;
  readonly p99_ms: number;
  /** Processor time of the subject's process for one request; null where the system does not tell. */
  readonly cpu_ms: number | null;
  /** Requests to services for one request. */
  readonly subrequests: number;
}

/** What every measurement answers. */
export interface Report {
  /** By case and other subject: how many times as fast Habeas was; above 1 it was the faster. */
  readonly ratios: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly runs: readonly Run[];
}

/** How many times as much Habeas answers as every other subject, case by case. */
export function ratiosOf(runs: readonly Run[]): Report['ratios'] {
  const ours = runs.filter(({ subject }) => subject === 'habeas');
  return Object.fromEntries(
    ours.map((own) => [
      own.case,
      Object.fromEntries(
        runs
          .filter((other) => other.case === own.case && other !== own)
          .map((other) => [other.subject, rounded(own.rps / other.rps)]),
      ),
    ]),
  );
}

/** Three figures that count. */
export const rounded = (value: number): number => Number(value.toPrecision(3));

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}

/** A table for people. */
export function printReport({ ratios, runs }: Report): string {
  const head = ['case', 'subject', 'requests/s', 'p50 ms', 'p99 ms', 'CPU ms', 'sub-requests', 'Habeas is'];
  const rows = runs.map((run) => {
    const ratio = ratios[run.case]?.[run.subject];
    const { rps, p50_ms, p99_ms, cpu_ms, subrequests } = run;
    return [
      run.case,
      run.subject,
      ...[rps, p50_ms, p99_ms, cpu_ms ?? '', subrequests].map(String),
      ratio === undefined ? '' : `${ratio} x`,
    ];
  });
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    cells.map((cell, column) => (column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)));
  return [head, ...rows].map((cells) => `${line(cells).join('  ').trimEnd()}\n`).join('');
}
