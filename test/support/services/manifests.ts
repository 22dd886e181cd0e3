import type { Collection, Connection, Dataset, Field, Service } from '../../../src/services/service.js';

/** A field as a manifest would say it: classified text unless told otherwise. */
export function field(name: string, rest: Partial<Field> = {}): Field {
  return {
    name,
    description: null,
    categories: ['user.content'],
    primaryKey: false,
    identity: null,
    references: [],
    dataType: 'string',
    returnAllElements: false,
    fields: [],
    ...rest,
  };
}

export function collection(name: string, fields: readonly Field[], rest: Partial<Collection> = {}): Collection {
  return { dataset: 'held', name, title: name, description: null, fields, after: [], skipProcessing: false, ...rest };
}

export function dataset(collections: readonly Collection[], rest: Partial<Dataset> = {}): Dataset {
  return { key: 'held', title: 'Held data', description: null, namespace: null, collections, ...rest };
}

/** A service that may use everything of a person for its own service. */
export function service(connection: Connection, rest: Partial<Service> = {}): Service {
  return {
    name: 'support',
    field: 'support',
    title: 'Support desk',
    description: null,
    kind: 'HTTP',
    affiliation: 'AFFILIATED',
    country: 'GB',
    transferSafeguard: null,
    connection,
    declarations: [
      {
        name: null,
        dataUse: 'essential.service',
        dataCategories: ['user'],
        dataSubjects: ['customer'],
        lawfulBasis: 'CONTRACT',
        retentionPeriod: null,
        thirdParties: null,
      },
    ],
    datasets: [],
    erasure: new Map(),
    retention: new Map(),
    source: null,
    file: 'support.yml',
    ...rest,
  };
}
