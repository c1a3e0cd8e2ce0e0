import {
  generateKeyPairSync,
  type KeyObject,
  type KeyPairKeyObjectResult,
  sign,
  webcrypto,
  X509Certificate,
} from 'node:crypto'
import * as https from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import axios from 'axios'
import * as jose from 'jose'
import {
  attachOAuth2,
  authorizationCodeGrant,
  type ClientAuth,
  type ClientMetadata,
  clientCredentialsGrant,
  clientSecretBasic,
  clientSecretPost,
  createAuthorizationUrl,
  createOAuth2Session,
  discover,
  fetchToken,
  introspectToken,
  noClientAuth,
  refreshToken,
  revokeToken,
  type ServerMetadata,
  saveToken,
  type Token,
  tlsClientAuth,
} from '../../src/index.js'
import { clientAttestation, clientSecretJwt, privateKeyJwt } from '../../src/jwt.js'
import { errorOf } from '../oauth2/support.js'
import { type OidcCall, type OidcProvider, startOidcProvider } from '../servers/oidc.js'
import { type Certificate, createCertificate } from '../support/certificates.js'

/**
 * Every way in which a client proves who it is × every endpoint that asks for it, against the certified
 * provider over https. Each way is refused with the wrong credential where it is accepted with the right one:
 * the same code, the same tokens.
 */

const ca = createCertificate({ subject: { CN: 'Test authority' }, authority: true })
const otherCa = createCertificate({ subject: { CN: 'Test authority' }, authority: true })
const serverCertificate = createCertificate({
  subject: { CN: 'as' },
  issuer: ca,
  names: ['127.0.0.1', 'localhost'],
})

/** A client certificate on every connection. */
const agent = (certificate?: Certificate) =>
  new https.Agent({ ca: ca.cert, ...(certificate && { cert: certificate.cert, key: certificate.key }) })
const mutual = (certificate?: Certificate) => tlsClientAuth({ agent: agent(certificate) })

const jwk = (key: KeyObject) => key.export({ format: 'jwk' }) as JsonWebKey
const pem = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' }) as string
const ec = () => generateKeyPairSync('ec', { namedCurve: 'P-256' })
const rsa = () => generateKeyPairSync('rsa', { modulusLength: 2048 })

/** One client: how it is registered, how it proves itself, and how it fails to. */
interface Row {
  name: string
  registered: Record<string, unknown>
  right: ClientAuth | undefined
  secret?: string
  wrong: Record<
    string,
    { auth?: ClientAuth; client?: ClientMetadata; server?: ServerMetadata; clock?: () => number }
  >
  certificate?: Certificate
}

const secret = 'correct-horse:battery%staple+&~'
const wrongSecret = 'wrong-horse'

/** A row of `privateKeyJwt`. */
function keyRow(
  name: string,
  alg: 'RS256' | 'PS256' | 'ES256' | 'EdDSA',
  { privateKey, publicKey }: KeyPairKeyObjectResult,
  key: Parameters<typeof privateKeyJwt>[0]['key'],
  otherKey: KeyObject,
): Row {
  const own = { alg, kid: 'client' }
  return {
    name: `privateKeyJwt ${name}`,
    registered: {
      token_endpoint_auth_method: 'private_key_jwt',
      token_endpoint_auth_signing_alg: alg,
      jwks: { keys: [{ ...jwk(publicKey), ...own, use: 'sig' }] },
    },
    right: privateKeyJwt({ ...own, key }),
    wrong: {
      'another key': { auth: privateKeyJwt({ ...own, key: jwk(otherKey) }) },
      'for another server': {
        auth: privateKeyJwt({ ...own, key: jwk(privateKey), audience: 'https://evil.example' }),
      },
      'an hour old': { clock: () => Date.now() / 1000 - 3600 },
    },
  }
}

const keys = { rsa: rsa(), ec: ec(), ed: generateKeyPairSync('ed25519') }
const other = { rsa: rsa().privateKey, ec: ec().privateKey, ed: generateKeyPairSync('ed25519').privateKey }

const attester = ec()
const installation = ec()
const attest = (by: KeyObject) => () =>
  new jose.SignJWT({ cnf: { jwk: jwk(installation.publicKey) } })
    .setProtectedHeader({ typ: 'oauth-client-attestation+jwt', alg: 'ES256' })
    .setSubject('clientAttestation')
    .setIssuedAt()
    .setExpirationTime('5m')
    .sign(by)

const subject = { CN: 'worker', O: 'Example' }
const issued = createCertificate({ subject, issuer: ca })
const named = createCertificate({ subject: { CN: 'any' }, issuer: ca, names: ['worker.example'] })
const selfSigned = createCertificate({ subject })
/** The provider behind its first address, which asks for no certificate. */
const noAliases = { mtls_endpoint_aliases: {} }

const vault = (answer: string): ClientAuth =>
  async function fromVault({ body }, { client }) {
    body.set('client_id', client.client_id)
    body.set('client_secret', await Promise.resolve(answer))
  }

const rows: Row[] = [
  {
    name: 'noClientAuth',
    registered: { token_endpoint_auth_method: 'none' },
    right: noClientAuth(),
    wrong: {
      'an unknown client': { client: { client_id: 'nobody' } },
      'a client that has a secret': { client: { client_id: 'clientSecretBasic' } },
    },
  },
  {
    name: 'clientSecretBasic',
    registered: { token_endpoint_auth_method: 'client_secret_basic' },
    secret,
    right: clientSecretBasic(),
    wrong: {
      'another secret': { client: { client_id: 'clientSecretBasic', client_secret: wrongSecret } },
      'no secret': { auth: noClientAuth() },
    },
  },
  {
    name: 'the default for a client with a secret',
    registered: { token_endpoint_auth_method: 'client_secret_basic' },
    secret,
    right: undefined,
    wrong: {
      'another secret': {
        client: { client_id: 'the default for a client with a secret', client_secret: wrongSecret },
      },
    },
  },
  {
    name: 'clientSecretPost',
    registered: { token_endpoint_auth_method: 'client_secret_post' },
    secret,
    right: clientSecretPost(),
    wrong: { 'another secret': { client: { client_id: 'clientSecretPost', client_secret: wrongSecret } } },
  },
  {
    name: 'clientSecretJwt',
    registered: { token_endpoint_auth_method: 'client_secret_jwt' },
    secret,
    right: clientSecretJwt(),
    wrong: {
      'another secret': { client: { client_id: 'clientSecretJwt', client_secret: wrongSecret } },
      'for another server': { auth: clientSecretJwt({ audience: 'https://evil.example' }) },
      'an hour old': { clock: () => Date.now() / 1000 - 3600 },
    },
  },
  keyRow('RS256 (PEM)', 'RS256', keys.rsa, pem(keys.rsa.privateKey), other.rsa),
  keyRow('PS256 (JWK)', 'PS256', keys.rsa, jwk(keys.rsa.privateKey), other.rsa),
  keyRow('ES256 (JWK)', 'ES256', keys.ec, jwk(keys.ec.privateKey), other.ec),
  keyRow(
    'ES256 (a function, DER)',
    'ES256',
    keys.ec,
    async data => sign('sha256', data, keys.ec.privateKey),
    other.ec,
  ),
  keyRow('EdDSA (PEM)', 'EdDSA', keys.ed, pem(keys.ed.privateKey), other.ed),
  {
    name: 'tlsClientAuth, by subject',
    registered: {
      token_endpoint_auth_method: 'tls_client_auth',
      tls_client_auth_subject_dn: 'O=Example,CN=worker',
      tls_client_certificate_bound_access_tokens: true,
    },
    right: mutual(issued),
    certificate: issued,
    wrong: {
      'the same subject by another authority': {
        auth: mutual(createCertificate({ subject, issuer: otherCa })),
      },
      'another subject': {
        auth: mutual(createCertificate({ subject: { CN: 'other', O: 'Example' }, issuer: ca })),
      },
      'no certificate': { auth: mutual() },
      'where none is asked for': { server: noAliases },
    },
  },
  {
    name: 'tlsClientAuth, by host name',
    registered: { token_endpoint_auth_method: 'tls_client_auth', tls_client_auth_san_dns: 'worker.example' },
    right: mutual(named),
    certificate: named,
    wrong: { 'no such name': { auth: mutual(issued) }, 'no certificate': { auth: mutual() } },
  },
  {
    name: 'tlsClientAuth, self-signed',
    registered: {
      token_endpoint_auth_method: 'self_signed_tls_client_auth',
      jwks: { keys: [{ ...jwk(selfSigned.publicKey), use: 'sig', kid: 'tls', x5c: [selfSigned.x5c] }] },
      tls_client_certificate_bound_access_tokens: true,
    },
    right: mutual(selfSigned),
    certificate: selfSigned,
    wrong: {
      'another of the same subject': { auth: mutual(createCertificate({ subject })) },
      'one of an authority': { auth: mutual(issued) },
      'no certificate': { auth: mutual() },
      'where none is asked for': { server: noAliases },
    },
  },
  {
    name: 'clientAttestation',
    registered: { token_endpoint_auth_method: 'attest_jwt_client_auth' },
    right: clientAttestation({ attestation: attest(attester.privateKey), key: jwk(installation.privateKey) }),
    wrong: {
      'another attester': {
        auth: clientAttestation({ attestation: attest(other.ec), key: jwk(installation.privateKey) }),
      },
      'a proof by another key': {
        auth: clientAttestation({ attestation: attest(attester.privateKey), key: jwk(other.ec) }),
      },
    },
  },
  {
    name: 'a function of its own',
    registered: { token_endpoint_auth_method: 'client_secret_post' },
    right: vault(secret),
    wrong: { 'another secret': { auth: vault(wrongSecret) } },
  },
]

let provider: OidcProvider
beforeAll(async () => {
  provider = await startOidcProvider({
    tls: { key: serverCertificate.key, cert: serverCertificate.cert, ca: ca.cert },
    attester: jwk(attester.publicKey),
    clients: rows.map(({ name, registered }) => ({
      client_id: name,
      ...(/secret/.test(`${registered.token_endpoint_auth_method}`) && { client_secret: secret }),
      grant_types:
        registered.token_endpoint_auth_method === 'none'
          ? ['authorization_code', 'refresh_token']
          : ['authorization_code', 'refresh_token', 'client_credentials'],
      response_types: ['code'],
      redirect_uris: ['http://127.0.0.1:4999/callback'],
      ...registered,
    })),
  })
})
afterAll(() => provider?.stop())

/** A session of the row's client; with `wrong`, of somebody who is not. */
function build({ name, secret, right }: Row, wrong: Row['wrong'][string] = {}) {
  const auth = wrong.auth ?? right
  const { mtls_endpoint_aliases } = wrong.server ?? {}
  return createOAuth2Session({
    server: discover(provider.issuer, mtls_endpoint_aliases ? { metadata: { mtls_endpoint_aliases } } : {}),
    client:
      wrong.client ??
      (secret === undefined ? { client_id: name } : { client_id: name, client_secret: secret }),
    ...(auth && { clientAuth: auth }),
    ...(wrong.clock && { clock: wrong.clock }),
    http: axios.create({ httpsAgent: agent() }),
    // Node 18 has no global one
    crypto: webcrypto as Crypto,
  })
}
type Session = ReturnType<typeof build>

/** The person signs in; answers what takes the code to the token endpoint, as often as is wanted. */
async function begin(session: Session) {
  const asked = { redirect_uri: provider.redirectUri, scope: 'openid offline_access', prompt: 'consent' }
  const { url, transaction } = await createAuthorizationUrl(session, asked, { push: true })
  expect(new URL(url).searchParams.has('request_uri')).toBe(true)
  const authorizationResponse = await provider.authorize(url)
  const { code = '', iss } = Object.fromEntries(new URL(authorizationResponse).searchParams)
  expect(iss).toBe(provider.issuer)
  return {
    right: authorizationCodeGrant({ authorizationResponse, transaction }),
    // past the checks of the callback, which know the client too
    exchange: () => ({
      grant_type: 'authorization_code',
      code,
      redirect_uri: transaction.redirect_uri,
      code_verifier: transaction.code_verifier,
    }),
  }
}
async function signIn(session: Session): Promise<Token> {
  return fetchToken(session, (await begin(session)).right)
}

/** What became of `attempt` with each of the wrong credentials. */
async function refusals(row: Row, attempt: (session: Session) => Promise<unknown>) {
  const outcome: Record<string, unknown> = {}
  for (const [name, wrong] of Object.entries(row.wrong)) {
    const { error, status } = await errorOf(() => attempt(build(row, wrong)))
    outcome[name] = [status, error]
  }
  return outcome
}
const allRefused = (row: Row) =>
  Object.fromEntries(Object.keys(row.wrong).map(name => [name, [401, 'invalid_client']]))

/** The last good call to `path`: who the provider found the client to be, and on which of its addresses. */
async function last(path: string): Promise<OidcCall | undefined> {
  const { calls } = await provider.stats()
  return calls.filter(call => call.path === path && call.status === 200).pop()
}
const seen = ({ name, registered, certificate }: Row, path: string) => ({
  path,
  status: 200,
  client_id: name,
  method: registered.token_endpoint_auth_method,
  host: certificate ? expect.stringMatching(/^localhost:/) : new URL(provider.issuer).host,
  ...(certificate && { certificate: new X509Certificate(certificate.cert).fingerprint256 }),
})

describe.each(rows)('$name', row => {
  test('token', async () => {
    const session = build(row)
    const { right, exchange } = await begin(session)
    expect(await refusals(row, wrong => fetchToken(wrong, endpoint => endpoint(exchange())))).toEqual(
      allRefused(row),
    )
    expect((await fetchToken(session, right)).access_token).toBeTruthy()
    expect(await last('/token')).toEqual(seen(row, '/token'))
  })

  test('refresh', async () => {
    const session = build(row)
    const token = await signIn(session)
    expect(
      await refusals(row, async wrong => {
        await saveToken(wrong, token)
        return refreshToken(wrong)
      }),
    ).toEqual(allRefused(row))
    const renewed = await refreshToken(session)
    expect(renewed.access_token).not.toBe(token.access_token)
    expect(await last('/token')).toEqual(seen(row, '/token'))
  })

  test('revocation', async () => {
    const session = build(row)
    const { access_token } = await signIn(session)
    expect(
      await refusals(row, async wrong => {
        const result = await revokeToken(wrong, { token: access_token })
        if (!result.revoked) throw result.error
      }),
    ).toEqual(allRefused(row))
    expect((await introspectToken(session)).active).toBe(true)
    expect(await revokeToken(session)).toEqual({ revoked: true })
    expect(await last('/token/revocation')).toEqual(seen(row, '/token/revocation'))
    expect(await introspectToken(session, { token: access_token })).toEqual({ active: false })
  })

  test('introspection', async () => {
    const session = build(row)
    const { access_token } = await signIn(session)
    expect(await refusals(row, wrong => introspectToken(wrong, { token: access_token }))).toEqual(
      allRefused(row),
    )
    const { active, client_id, cnf } = await introspectToken(session)
    const bound = row.registered.tls_client_certificate_bound_access_tokens
    expect({ active, client_id, cnf }).toEqual({
      active: true,
      client_id: row.name,
      // RFC 8705, section 3.2
      cnf: bound ? { 'x5t#S256': row.certificate?.thumbprint } : undefined,
    })
    expect(await last('/token/introspection')).toEqual(seen(row, '/token/introspection'))
  })
})

describe('the API behind a token that is bound to the certificate, as docs/oauth2-advanced.md has it', () => {
  let api: https.Server
  let baseURL: string
  const answered: number[] = []
  beforeAll(async () => {
    const row = rows.find(({ certificate }) => certificate === issued) as Row
    // RFC 8705, section 3: who calls must have the certificate that the token is bound to
    const { key, cert } = serverCertificate
    api = https.createServer({ key, cert, ca: ca.cert, requestCert: true }, async (request, response) => {
      const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1]
      const about = token ? await introspectToken(build(row), { token }) : { active: false }
      const { fingerprint256 = '' } = (request.socket as TLSSocket).getPeerCertificate()
      const presented = Buffer.from(fingerprint256.replace(/:/g, ''), 'hex').toString('base64url')
      const bound = (about.cnf as { 'x5t#S256'?: string } | undefined)?.['x5t#S256']
      response.statusCode = about.active && bound === presented ? 200 : 401
      answered.push(response.statusCode)
      response.end('{}')
    })
    await new Promise<void>(ready => api.listen(0, '127.0.0.1', ready))
    baseURL = `https://127.0.0.1:${(api.address() as AddressInfo).port}`
  })
  afterAll(() => new Promise(done => api.close(done)))

  test('one agent for both: the token is fetched with it, accepted with it, and with no other', async () => {
    const httpsAgent = agent(issued)
    const http = axios.create({ baseURL, httpsAgent })
    // no `http`: the agent of the attached instance reaches the metadata too
    const session = createOAuth2Session({
      server: discover(provider.issuer),
      client: { client_id: 'tlsClientAuth, by subject' },
      clientAuth: tlsClientAuth({ agent: httpsAgent }),
      grant: clientCredentialsGrant(),
      crypto: webcrypto as Crypto,
    })
    attachOAuth2(http, session)
    expect((await http.get('/things')).status).toBe(200)
    expect(answered).toEqual([200])

    const { access_token } = await session.token()
    const stolen = axios.get(`${baseURL}/things`, {
      httpsAgent: agent(named),
      headers: { Authorization: `Bearer ${access_token}` },
      validateStatus: () => true,
    })
    expect((await stolen).status).toBe(401)
  })
})
