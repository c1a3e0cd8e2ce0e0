// An oidc-provider whose clients are vouched for by an attester; needs functions, so it cannot be had from
// oidc.ts. Started with the attester's public JWK in ATTESTER; tells its issuer over the IPC channel.
import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'

// Node 20 lacks it
URL.parse ??= (url, base) => {
  try {
    return new URL(url, base)
  } catch {
    return null
  }
}

const { default: Provider } = await import('oidc-provider')
const { importJWK } = await import('jose')
const attester = await importJWK(JSON.parse(process.env.ATTESTER), 'ES256')

const server = createServer()
await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))
const issuer = `http://127.0.0.1:${server.address().port}`
const provider = new Provider(issuer, {
  clientAuthMethods: ['attest_jwt_client_auth'],
  clients: [
    {
      client_id: 'wallet',
      token_endpoint_auth_method: 'attest_jwt_client_auth',
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
    },
  ],
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: { enabled: true },
    dPoP: { enabled: true, nonceSecret: randomBytes(32) },
    attestClientAuth: {
      enabled: true,
      ack: 'draft-12',
      challengeSecret: randomBytes(32),
      getAttestationSignaturePublicKey: async () => attester,
      assertAttestationJwtAndPop: async () => {},
    },
  },
})
server.on('request', provider.callback())
process.send({ issuer })
