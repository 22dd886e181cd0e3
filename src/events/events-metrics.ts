import type { Sql } from 'postgres';
import { Counter, Gauge, type Registry as PrometheusRegistry } from 'prom-client';
import type { Clock } from '../clock.js';
import { attemptsOf, type DeliveryState, deliveryStates } from './state.js';

/** The gauges of one scrape are of one look. */
const LOOK_MS = 1_000;

/**
 * What Prometheus is told of events. It is read out of the database, so that every process that answers tells of all
 * that work. While the database does not answer these are missing.
 */
export function measureEvents(registry: PrometheusRegistry, sql: Sql, clock: Clock): void {
  const registers = [registry];
  let look: { readonly at: number; readonly states: Promise<readonly DeliveryState[]> } | null = null;
  const states = () => {
    if (!look || performance.now() - look.at > LOOK_MS) {
      look = { at: performance.now(), states: deliveryStates(sql).catch(() => []) };
    }
    return look.states;
  };
  const gauge = (name: string, help: string, value: (state: DeliveryState) => number) =>
    new Gauge({
      name,
      help,
      labelNames: ['service'] as const,
      registers,
      async collect() {
        const told = await states();
        this.reset();
        for (const state of told) this.set({ service: state.service }, value(state));
      },
    });
  gauge('habeas_events_waiting', 'Events the service is still to be told of.', ({ waiting }) => waiting);
  gauge(
    'habeas_events_oldest_waiting_seconds',
    'For how long the oldest of them has been waiting; 0: none is.',
    ({ waitingSince }) => (waitingSince ? Math.max(0, clock.now().getTime() - waitingSince.getTime()) / 1_000 : 0),
  );
  gauge('habeas_events_dead_letters', 'Events the service could not be told of.', ({ deadLetters }) => deadLetters);
  gauge('habeas_events_failing', '1: nothing reaches the service at present.', ({ failingSince }) =>
    failingSince ? 1 : 0,
  );
  new Counter({
    name: 'habeas_events_attempts_total',
    help: 'Attempts to tell the service, by outcome: told, failed (it is tried again), given_up, fetched.',
    labelNames: ['service', 'outcome'] as const,
    registers,
    async collect() {
      const counted = await attemptsOf(sql).catch(() => []);
      this.reset();
      for (const { service, outcome, attempts } of counted) this.inc({ service, outcome }, attempts);
    },
  });
}
