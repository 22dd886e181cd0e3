import { GraphQLScalarType } from 'graphql';
import { GraphQLDate, GraphQLDateTimeISO, GraphQLJSON, GraphQLURL } from 'graphql-scalars';

/** RFC 3339, always UTC, always text on the wire: `2026-05-04T09:00:00.000Z`. */
export const DateTimeScalar = new GraphQLScalarType({
  ...GraphQLDateTimeISO.toConfig(),
  name: 'DateTime',
  description: 'An instant in RFC 3339 form, always UTC, such as 2026-05-04T09:00:00.000Z.',
});

export const DateScalar = new GraphQLScalarType({
  ...GraphQLDate.toConfig(),
  description: 'A calendar date in ISO 8601 form, such as 2026-05-04.',
  serialize: (value) => (typeof value === 'string' ? value : GraphQLDate.serialize(value)),
});

export const JsonScalar = new GraphQLScalarType({ ...GraphQLJSON.toConfig(), description: 'Any JSON value.' });

export const UrlScalar = new GraphQLScalarType({
  ...GraphQLURL.toConfig(),
  description: 'An absolute address, such as https://privacy.example.org/exports/abc.',
  serialize: String,
});
