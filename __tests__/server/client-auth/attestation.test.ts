import { fork } from 'node:child_process'
import { resolve } from 'node:path'
import * as jose from 'jose'
import { serverClient } from '../../../src/axios/server-client.js'
import { clientCredentialsGrant } from '../../../src/grants/client-credentials.js'
import { clientAttestation } from '../../../src/jwt.js'
import { callEndpoint, type Send, type ServerRequest } from '../../../src/server/call.js'
import { discover } from '../../../src/server/discovery.js'
import { introspectToken } from '../../../src/session/introspection.js'
import { createSession } from '../../../src/session/session.js'
import { answer, errorOf, NOW, scripted } from '../../oauth2/support.js'

let attester: jose.GenerateKeyPairResult
let instance: jose.GenerateKeyPairResult
let key: JsonWebKey

beforeAll(async () => {
  attester = await jose.generateKeyPair('ES256', { extractable: true })
  instance = await jose.generateKeyPair('ES256', { extractable: true })
  key = (await jose.exportJWK(instance.privateKey)) as JsonWebKey
})

const attest = async (claims: jose.JWTPayload = {}) =>
  new jose.SignJWT({ cnf: { jwk: await jose.exportJWK(instance.publicKey) }, ...claims })
    .setProtectedHeader({ typ: 'oauth-client-attestation+jwt', alg: 'ES256' })
    .setSubject('wallet')
    .setIssuedAt()
    .setExpirationTime('5m')
    .sign(attester.privateKey)

describe('draft-ietf-oauth-attestation-based-client-auth', () => {
  const server = {
    issuer: 'https://as.example',
    token_endpoint: 'https://as.example/token',
    challenge_endpoint: 'https://as.example/challenge',
  }

  /** Two calls to the token endpoint; answers what was sent there, and to the challenge endpoint. */
  async function calls(
    overrides: Parameters<typeof scripted>[1] = {},
    attestation: Parameters<typeof clientAttestation>[0]['attestation'] = 'the.attest.ation',
  ) {
    let given = 0
    let at = 0
    const asked: string[] = []
    const context = scripted([], {
      server,
      clientAuth: clientAttestation({ attestation, key }),
      client: { client_id: 'wallet', client_secret: 'unused' },
      random: size => Uint8Array.from({ length: size }, () => at++),
      send: async request => {
        asked.push(`${request.method} ${request.url.href}`)
        if (request.endpoint === 'challenge') return answer(200, { attestation_challenge: `c${++given}` })
        context.sent.push(request)
        return answer(200)
      },
      ...overrides,
    })
    await callEndpoint(context, 'token', {})
    await callEndpoint(context, 'token', {})
    return { sent: context.sent, asked }
  }
  const popOf = async (headers: Record<string, string> | undefined) =>
    jose.jwtVerify(headers?.['OAuth-Client-Attestation-PoP'] ?? '', instance.publicKey, {
      typ: 'oauth-client-attestation-pop+jwt',
    })

  test('section 4 and 5.1: the attestation as it is, a fresh proof for the issuer, client_id, and no other authentication', async () => {
    const { sent } = await calls()
    expect(sent[0]?.headers['OAuth-Client-Attestation']).toBe('the.attest.ation')
    expect(Object.fromEntries(sent[0]?.body ?? [])).toEqual({ client_id: 'wallet' })
    expect(sent[0]?.headers.Authorization).toBeUndefined()
    const [one, two] = await Promise.all(sent.map(({ headers }) => popOf(headers)))
    expect(one?.payload).toMatchObject({ aud: 'https://as.example', iat: NOW })
    expect(one?.payload.jti).not.toBe(two?.payload.jti)
  })

  test('section 6: each proof has the newest challenge, fetched by POST', async () => {
    const { sent, asked } = await calls()
    const proofs = await Promise.all(sent.map(({ headers }) => popOf(headers)))
    expect(proofs.map(({ payload }) => payload.challenge)).toEqual(['c1', 'c2'])
    expect(asked[0]).toBe('POST https://as.example/challenge')
  })

  test('section 6: a server without challenges is not asked for one', async () => {
    const { challenge_endpoint, ...without } = server
    const { sent, asked } = await calls({ server: without })
    expect(asked).toEqual(Array(2).fill('POST https://as.example/token'))
    expect((await popOf(sent[0]?.headers)).payload).not.toHaveProperty('challenge')
  })

  test('section 6.1: a call that is refused for its challenge is sent once more, with the one that came in the header', async () => {
    let answers = 0
    const sent: ServerRequest[] = []
    const challenged: Send = async request => {
      sent.push(request)
      const header = { 'oauth-client-attestation-challenge': `h${++answers}` }
      return answer(400, { error: 'use_attestation_challenge' }, header)
    }
    await calls({ server: { ...server, challenge_endpoint: undefined }, send: challenged })
    const proofs = await Promise.all(sent.map(({ headers }) => popOf(headers)))
    expect(proofs.map(({ payload }) => payload.challenge)).toEqual([undefined, 'h1', 'h2', 'h3'])
  })

  test('section 6.1: a challenge of one server is not used at another', async () => {
    const clientAuth = clientAttestation({ attestation: 'the.attest.ation', key })
    const of = (host: string) =>
      scripted([answer(200, {}, { 'oauth-client-attestation-challenge': host })], {
        server: { issuer: `https://${host}`, token_endpoint: `https://${host}/token` },
        clientAuth,
      })
    const [one, two] = [of('one.example'), of('two.example')]
    await callEndpoint(one, 'token', {})
    await callEndpoint(two, 'token', {})
    expect((await popOf(two.sent[0]?.headers)).payload).not.toHaveProperty('challenge')
  })

  test('section 6.2: a call that is refused for an old attestation is sent once more with a fresh one', async () => {
    const asked: boolean[] = []
    const attestation = async ({ fresh }: { fresh: boolean }) => `attestation.${asked.push(fresh)}`
    const context = scripted([answer(401, { error: 'use_fresh_attestation' }), answer(200)], {
      clientAuth: clientAttestation({ attestation, key }),
    })
    expect((await callEndpoint(context, 'token', {})).status).toBe(200)
    expect(asked).toEqual([false, true])
  })

  test('an attestation that is text cannot be made anew: the refusal is told', async () => {
    const context = scripted([answer(401, { error: 'use_fresh_attestation' })], {
      clientAuth: clientAttestation({ attestation: 'the.attest.ation', key }),
    })
    expect((await callEndpoint(context, 'token', {})).status).toBe(401)
    expect(context.sent).toHaveLength(1)
  })

  test('the challenge endpoint must be https, and its refusal is told', async () => {
    const plain = { ...server, challenge_endpoint: 'http://as.example/challenge' }
    expect((await errorOf(() => calls({ server: plain }))).code).toBe('OAUTH_INSECURE_URL')
    const down: Send = async () => answer(503)
    expect((await errorOf(() => calls({ send: down }))).code).toBe('OAUTH_SERVER_UNAVAILABLE')
  })

  test('a function is asked for the attestation before every call', async () => {
    let made = 0
    const { sent } = await calls({}, async () => `attestation.${++made}`)
    expect(sent.map(({ headers }) => headers['OAuth-Client-Attestation'])).toEqual([
      'attestation.1',
      'attestation.2',
    ])
  })

  test('the certified provider accepts it, and nothing made with another key', async () => {
    const child = fork(resolve('__tests__/servers/oidc-attestation.mjs'), [], {
      execArgv: [],
      env: { ...process.env, ATTESTER: JSON.stringify(await jose.exportJWK(attester.publicKey)) },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    try {
      const { issuer } = await new Promise<{ issuer: string }>((ready, failed) => {
        child.once('message', message => ready(message as { issuer: string }))
        child.once('exit', code => failed(new Error(`the provider ended: ${code}`)))
      })
      const session = (signWith: JsonWebKey) =>
        createSession(
          {
            server: discover(issuer),
            client: { client_id: 'wallet' },
            clientAuth: clientAttestation({ attestation: attest, key: signWith }),
            grant: clientCredentialsGrant(),
          },
          serverClient(),
        )
      const good = session(key)
      expect((await good.token()).access_token).toBeTruthy()
      expect(await introspectToken(good)).toMatchObject({ active: true, client_id: 'wallet' })
      const other = await jose.generateKeyPair('ES256', { extractable: true })
      const bad = session((await jose.exportJWK(other.privateKey)) as JsonWebKey)
      expect(await errorOf(() => bad.token())).toMatchObject({ error: 'invalid_client' })
    } finally {
      child.removeAllListeners()
      child.kill()
    }
  })
})
