import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** How the way to a database breaks. `refuse` and `silent` break new and standing connections alike. */
export type ProxyMode = 'well' | 'refuse' | 'silent' | 'drip' | 'cut' | 'garbage';

export interface FaultyProxy {
  readonly port: number;
  mode: ProxyMode;
  close(): Promise<void>;
}

/** Stands between a client and a TCP server, and breaks the way back from it. */
export async function startFaultyProxy(port: number): Promise<FaultyProxy> {
  const pairs = new Set<Socket>();
  const server = createServer((client) => {
    if (proxy.mode === 'refuse') return client.destroy();
    const upstream = connect(port, '127.0.0.1');
    for (const socket of [client, upstream]) {
      pairs.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        pairs.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.on('data', (chunk) => {
      if (proxy.mode === 'refuse') client.destroy();
      else if (proxy.mode !== 'silent') upstream.write(chunk);
    });
    upstream.on('data', (chunk) => back(client, chunk));
    return client;
  });
  const back = (client: Socket, chunk: Buffer) => {
    switch (proxy.mode) {
      case 'well':
        client.write(chunk);
        break;
      case 'cut':
        client.end(chunk.subarray(0, Math.floor(chunk.length / 2)));
        break;
      case 'garbage':
        client.write(Buffer.from('ZCANARY is no Postgres'.repeat(10)));
        break;
      case 'drip': {
        let sent = 0;
        const timer = setInterval(() => client.write(chunk.subarray(sent, ++sent)), 100);
        client.on('close', () => clearInterval(timer));
        break;
      }
      default:
        break;
    }
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const proxy: FaultyProxy = {
    port: (server.address() as AddressInfo).port,
    mode: 'well',
    close: async () => {
      for (const socket of pairs) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
  return proxy;
}
