import cliProgress from 'cli-progress';
import { say } from './story.js';

/** How far one service is, as `ServiceTask` tells it. */
export interface Task {
  readonly service: string;
  readonly status: string;
  readonly records: number | null;
  readonly lastError: string | null;
}

/** Of a bar: a service under way is shown half full, because nobody knows beforehand how much it holds. */
const FILLED: Readonly<Record<string, number>> = {
  PENDING: 0,
  RUNNING: 50,
  RETRYING: 50,
  SUCCEEDED: 100,
  FAILED: 100,
  SKIPPED: 100,
};

/** One progress bar per service; plain lines where there is no terminal. */
export class ServiceBars {
  private readonly multibar: cliProgress.MultiBar | null;
  private readonly bars = new Map<string, cliProgress.SingleBar>();
  private readonly told = new Map<string, string>();

  constructor(services: readonly string[]) {
    this.multibar = process.stdout.isTTY
      ? new cliProgress.MultiBar({
          format: '   {service} {bar} {status} {records} records',
          hideCursor: true,
          clearOnComplete: false,
        })
      : null;
    const width = Math.max(...services.map((service) => service.length));
    for (const service of services) {
      const bar = this.multibar?.create(100, 0, { service: service.padEnd(width), status: 'pending', records: 0 });
      if (bar) this.bars.set(service, bar);
    }
  }

  show(tasks: readonly Task[]): void {
    for (const { service, status, records, lastError } of tasks) {
      const words = { status: status.toLowerCase(), records: records ?? 0 };
      this.bars.get(service)?.update(FILLED[status] ?? 0, words);
      const line = `   ${service}: ${words.status}${status === 'SUCCEEDED' ? `, ${words.records} records` : ''}${lastError ? ` (${lastError})` : ''}`;
      if (!this.multibar && status !== 'PENDING' && this.told.get(service) !== line) say(line);
      this.told.set(service, line);
    }
  }

  end(): void {
    this.multibar?.stop();
  }
}
