import { Outgoing, type OutgoingLimits } from '../outgoing.js';
import type { Service } from '../service.js';

/**
 * A subgraph's SDL as another address than its own tells it, as text: a registry of schemas, say. No token goes there,
 * for it may be anybody's. Throws `ServiceError`.
 */
export async function sdlAt(address: string, service: Service, limits: OutgoingLimits): Promise<string> {
  const { pathname, search } = new URL(address);
  const outgoing = new Outgoing(service, address, { connections: 1 });
  try {
    const headers = { accept: 'text/plain, application/graphql, */*' };
    const answer = await outgoing.send({ method: 'GET', path: pathname + search, headers, limits });
    if (answer.status === 200) return new TextDecoder().decode(answer.bytes);
    const mend = `correct habeas.connection.subgraph.sdl in ${service.file}.`;
    throw outgoing.error('SERVICE_ANSWER_INVALID', `has no SDL at its address (status ${answer.status}): ${mend}`);
  } finally {
    await outgoing.close();
  }
}
