// An OpenID Connect provider that keeps everything in memory. Told by messages to make tokens, and to say what it was asked.
import { createServer } from 'node:http';
import Provider from 'oidc-provider';

const AUDIENCE = 'habeas';
const RESOURCE = 'https://habeas.example';
const [, , port, keys] = process.argv;

const server = createServer();
await new Promise((resolve) => server.listen(Number(port), '127.0.0.1', resolve));
const issuer = `http://127.0.0.1:${server.address().port}`;

/** What the company's directory says of people and staff. */
const DIRECTORY = {
  ada: { email: 'ada@lantern.example', email_verified: true },
  eve: { email: 'eve@lantern.example', email_verified: false },
  dana: { roles: ['dps'] },
  sam: { roles: ['support', 'cleaning'] },
};

const resourceServer = (audience) => ({
  scope: 'read',
  audience,
  accessTokenFormat: 'jwt',
  accessTokenTTL: 600,
  jwt: { sign: { alg: 'ES256' } },
});

const provider = new Provider(issuer, {
  jwks: JSON.parse(keys),
  clients: [
    {
      client_id: 'audit-tool',
      client_secret: 'secret-of-audit-tool',
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
    },
    {
      client_id: 'stranger',
      client_secret: 'secret-of-stranger',
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
    },
    { client_id: 'app', token_endpoint_auth_method: 'none', redirect_uris: ['https://app.example/back'] },
  ],
  clientDefaults: { id_token_signed_response_alg: 'ES256' },
  scopes: ['openid', 'read'],
  extraTokenClaims: (_context, token) => DIRECTORY[token.accountId],
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: (_context, resource) => resourceServer(resource === RESOURCE ? AUDIENCE : resource),
    },
  },
});
const answer = provider.callback();
let keysFetched = 0;
server.on('request', (request, response) => {
  if (request.url === '/jwks') keysFetched += 1;
  return answer(request, response);
});

/** A person's access token, as at the end of a sign-in. */
async function personToken({ person, audience = AUDIENCE, seconds = 600 }) {
  const token = new provider.AccessToken({
    accountId: person,
    client: await provider.Client.find('app'),
    grantId: 'granted',
    gty: 'authorization_code',
    scope: 'read',
    expiresIn: seconds,
  });
  token.resourceServer = new provider.ResourceServer(RESOURCE, resourceServer(audience));
  token.extra = DIRECTORY[person];
  return token.save();
}

process.on('message', async (message) =>
  process.send(message.person ? { token: await personToken(message) } : { keysFetched }),
);
process.on('disconnect', () => process.exit());
process.send({ issuer });
