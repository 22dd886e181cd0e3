import type { ApolloServerPlugin } from '@apollo/server';
import { GraphQLError, type OperationDefinitionNode } from 'graphql';
import { type TokenCheck, TokenError } from '../company/habeas-token.js';
import type { TrainingContext } from './resolvers.js';

/** What anybody may ask: the catalogue, and what the schema is. */
const PUBLIC_FIELDS = new Set(['courses', 'course', '_service', '__schema', '__type', '__typename']);

/** Everything that is not public, and so everything about a person, is for Habeas alone: HTTP 401 for others. */
export function authorisation(check: TokenCheck): ApolloServerPlugin<TrainingContext> {
  return {
    async requestDidStart() {
      return {
        async didResolveOperation({ operation, request }) {
          if (operation && isPublic(operation)) return;
          try {
            await check(request.http?.headers.get('authorization'), 'gdprquery');
          } catch (error) {
            if (!(error instanceof TokenError)) throw error;
            const code = error.status === 401 ? 'UNAUTHENTICATED' : 'KEYS_UNAVAILABLE';
            throw new GraphQLError(error.message, { extensions: { code, http: { status: error.status } } });
          }
        },
      };
    },
  };
}

const isPublic = (operation: OperationDefinitionNode): boolean =>
  operation.selectionSet.selections.every(
    (selection) => selection.kind === 'Field' && PUBLIC_FIELDS.has(selection.name.value),
  );
