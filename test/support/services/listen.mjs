import { createServer } from 'node:http';

/** Serves, keeps what was asked for `GET /calls`, and tells the parent process the port; by default a free one. */
export function listen(answer, port = 0) {
  let calls = [];
  const server = createServer(async (request, response) => {
    if (request.url === '/calls') {
      response.end(JSON.stringify(calls));
      calls = [];
      return;
    }
    let body = '';
    for await (const chunk of request) body += chunk;
    calls.push({
      method: request.method,
      url: request.url,
      authorization: request.headers.authorization ?? null,
      body,
    });
    await answer(request, response, body);
  });
  server.listen(port, '127.0.0.1', () => process.send({ port: server.address().port }));
  process.on('disconnect', () => process.exit());
}
