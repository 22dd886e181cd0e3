import { Gauge, type Registry as PrometheusRegistry } from 'prom-client';
import type { GraphProblem } from './graph-problem.js';

/** What Prometheus is told of the graph: which services' parts are missing or not the newest. */
export function measureGraph(registry: PrometheusRegistry, problems: () => readonly GraphProblem[]): void {
  new Gauge({
    name: 'habeas_graph_problems',
    help: 'Services whose part of the graph is missing (served: no) or not the newest (served: yes), by problem.',
    labelNames: ['service', 'problem', 'served'] as const,
    registers: [registry],
    collect() {
      this.reset();
      for (const { service, kind, isServed } of problems()) {
        this.set({ service, problem: kind, served: isServed ? 'yes' : 'no' }, 1);
      }
    },
  });
}
