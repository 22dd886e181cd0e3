import { type GraphQLLeafType, isEnumType, isSpecifiedScalarType } from 'graphql';
import type { Value } from './data.js';

/** A value as its type says; undefined for one that is not of the type. */
export type LeafReader = (value: Value) => Value;

/** A scalar of a service's own may be anything. */
export function leafReader(type: GraphQLLeafType): LeafReader {
  if (isEnumType(type)) return (value) => (typeof value === 'string' && type.getValue(value) ? value : undefined);
  return isSpecifiedScalarType(type) ? (SPECIFIED[type.name] ?? textOf) : (value) => value;
}

const textOf: LeafReader = (value) =>
  typeof value === 'string' ? value : typeof value === 'object' ? undefined : String(value);

const SPECIFIED: Readonly<Record<string, LeafReader>> = {
  Boolean: (value) => (typeof value === 'boolean' ? value : undefined),
  Int: (value) => (Number.isInteger(value) ? value : undefined),
  Float: (value) => (typeof value === 'number' ? value : undefined),
};
