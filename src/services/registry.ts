import { Registry as PrometheusRegistry } from 'prom-client';
import type { Config } from '../config.js';
import type { Connector, Health, Incident, ServiceState } from './connector.js';
import { CORE } from './core.js';
import type { ServiceCredentials } from './credentials.js';
import { httpConnector } from './http/connector.js';
import type { Manifests } from './manifest.js';
import { ServiceMetrics } from './metrics.js';
import { postgresConnector } from './postgres/connector.js';
import type { Dataset, Service } from './service.js';
import { subgraphConnector } from './subgraph/connector.js';
import { datasetsFromSdl } from './subgraph/datasets.js';
import type { Taxonomy } from './taxonomy.js';

/** Every service Habeas may ask, each with its connector. Habeas itself is the first of them. */
export interface Registry {
  readonly services: readonly Service[];
  /** Fideslang's keys and the company's own. */
  readonly taxonomy: Taxonomy;
  find(name: string): Service | undefined;
  /** The connector of a registered service. Throws for Habeas itself, whose data the capabilities read. */
  connector(name: string): Connector;
  /** What a service holds, by collection and field; a subgraph's is read from its SDL. */
  datasets(service: Service): Promise<readonly Dataset[]>;
  health(service: Service): Promise<Health>;
  /** How a service is doing, without asking it; null for Habeas itself. */
  state(name: string): ServiceState | null;
  /** What is measured, of services and whatever else is added. */
  readonly metrics: PrometheusRegistry;
  close(): Promise<void>;
}

export interface RegistryOptions {
  readonly unclassified?: Config['unclassified'];
  /** See `PostgresConnectorOptions`. */
  readonly maskingSecret?: Uint8Array;
  /** Told of everything a service does that it must never do. */
  readonly onIncident?: (incident: Incident) => void;
}

export function openRegistry(
  { services, taxonomy }: Pick<Manifests, 'services' | 'taxonomy'>,
  credentials: ServiceCredentials,
  options: RegistryOptions = {},
): Registry {
  const metrics = new PrometheusRegistry();
  const measured = new ServiceMetrics(metrics);
  const connectors = new Map(
    services.map((service) => [service.name, connect(service, credentials, measured, options)]),
  );
  const all = [CORE, ...services];
  const connector = (name: string) => {
    const found = connectors.get(name);
    if (!found) throw new Error(`There is no connector for a service ${name}.`);
    return found;
  };
  return {
    services: all,
    taxonomy,
    find: (name) => all.find((service) => service.name === name),
    connector,
    datasets: async (service) =>
      service.kind === 'SUBGRAPH'
        ? datasetsFromSdl(service.name, await connector(service.name).sdl())
        : service.datasets,
    state: (name) => connectors.get(name)?.state() ?? null,
    metrics,
    health: async (service) => (service.kind === 'CORE' ? { healthy: true } : connector(service.name).health()),
    close: async () => {
      await Promise.all([...connectors.values()].map((each) => each.close()));
    },
  };
}

function connect(
  service: Service,
  credentials: ServiceCredentials,
  measured: ServiceMetrics,
  options: RegistryOptions,
): Connector {
  const metrics = measured.of(service.name);
  switch (service.connection.kind) {
    case 'postgres':
      return postgresConnector(service, { metrics, ...options });
    case 'http':
      return httpConnector(service, credentials, { metrics });
    case 'subgraph':
      return subgraphConnector(service, credentials, { metrics, ...options });
    case 'core':
      throw new Error('Habeas itself needs no connector.');
  }
}
