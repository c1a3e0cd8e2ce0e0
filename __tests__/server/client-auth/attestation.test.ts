import { fork } from 'node:child_process'
import { resolve } from 'node:path'
import * as jose from 'jose'
import { serverClient } from '../../../src/axios/server-client.js'
import { dpop } from '../../../src/dpop.js'
import { clientCredentialsGrant } from '../../../src/grants/client-credentials.js'
import { clientAttestation } from '../../../src/jwt.js'
import { callEndpoint, type Send, type ServerRequest } from '../../../src/server/call.js'
import { discover } from '../../../src/server/discovery.js'
import { refreshToken, saveToken } from '../../../src/session/fetch-token.js'
import { introspectToken } from '../../../src/session/introspection.js'
import { createSession } from '../../../src/session/session.js'
import { answer, errorOf, NOW, scripted } from '../../oauth2/support.js'
import { json, listen, type RunningServer } from '../../servers/http.js'

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
    const context = scripted([], {
      server: { ...server, challenge_endpoint: undefined },
      clientAuth: clientAttestation({ attestation: 'the.attest.ation', key }),
      send: challenged,
    })
    expect((await callEndpoint(context, 'token', {})).status).toBe(400)
    const proofs = await Promise.all(sent.map(({ headers }) => popOf(headers)))
    expect(proofs.map(({ payload }) => payload.challenge)).toEqual([undefined, 'h1'])
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

  test('section 6.2: a call that another one overtakes still gets its fresh attestation', async () => {
    const attestation = ({ fresh }: { fresh: boolean }) => (fresh ? 'a.fresh.one' : 'an.old.one')
    const clientAuth = clientAttestation({ attestation, key })
    const stale = scripted([answer(401, { error: 'use_fresh_attestation' }), answer(200)], {
      clientAuth,
      server,
    })
    const overtaking = scripted([answer(200)], { clientAuth })
    // the server accepts another call while this one fetches the challenge of its second send
    const send: Send = async request => {
      if (request.endpoint !== 'challenge') return stale.send(request)
      if (stale.sent.length > 0) await callEndpoint(overtaking, 'introspection', {})
      return answer(200, { attestation_challenge: 'c' })
    }
    expect((await callEndpoint({ ...stale, send }, 'token', {})).status).toBe(200)
    expect(stale.sent.map(({ headers }) => headers['OAuth-Client-Attestation'])).toEqual([
      'an.old.one',
      'a.fresh.one',
    ])
  })

  test('section 6.1: an answer without a challenge, or with one that is no text, gives none', async () => {
    for (const given of [{}, { attestation_challenge: 7 }]) {
      const context = scripted([answer(200, given)], {
        server,
        clientAuth: clientAttestation({ attestation: 'the.attest.ation', key }),
      })
      await callEndpoint(context, 'token', {})
      expect((await popOf(context.sent[1]?.headers)).payload).not.toHaveProperty('challenge')
    }
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

describe('a server on a socket', () => {
  let running: RunningServer
  let refusals: { error: string; headers?: Record<string, string> }[]
  let seen: { path: string; method: string; attestation: string; challenge: unknown; nonce: unknown }[]
  let challenges: number
  beforeEach(async () => {
    refusals = []
    seen = []
    challenges = 0
    running = await listen(async (request, response) => {
      const { url: path = '', method = '' } = request
      if (path === '/challenge') {
        seen.push({ path, method, attestation: '', challenge: undefined, nonce: undefined })
        return json(response, 200, { attestation_challenge: `fetched-${++challenges}` })
      }
      const header = (name: string) => `${request.headers[name]}`
      const { payload } = await jose.jwtVerify(header('oauth-client-attestation-pop'), instance.publicKey, {
        typ: 'oauth-client-attestation-pop+jwt',
        audience: running.url,
      })
      const proof = request.headers.dpop ? jose.decodeJwt(header('dpop')) : {}
      seen.push({
        path,
        method,
        attestation: header('oauth-client-attestation'),
        challenge: payload.challenge,
        nonce: proof.nonce,
      })
      const { error, headers } = refusals.shift() ?? {}
      if (error) return json(response, 400, { error }, headers)
      json(response, 200, { access_token: `at${seen.length}`, token_type: proof.jti ? 'DPoP' : 'Bearer' })
    })
  })
  afterEach(() => running.stop())

  const sessionAt = (metadata: object = {}, options: object = {}) =>
    createSession(
      {
        server: { issuer: running.url, token_endpoint: `${running.url}/token`, ...metadata },
        client: { client_id: 'wallet' },
        clientAuth: clientAttestation({
          attestation: ({ fresh }) => (fresh ? 'a.fresh.one' : 'an.old.one'),
          key,
        }),
        grant: clientCredentialsGrant(),
        ...options,
      },
      serverClient(),
    )
  const challengeOf = (value: string) => ({ 'OAuth-Client-Attestation-Challenge': value })

  test('section 6.1: gives a challenge at its endpoint, by POST, for every proof', async () => {
    await sessionAt({ challenge_endpoint: `${running.url}/challenge` }).token()
    expect(seen.map(({ path, method, challenge }) => [path, method, challenge])).toEqual([
      ['/challenge', 'POST', undefined],
      ['/token', 'POST', 'fetched-1'],
    ])
  })

  test('section 6.1 and 6.2: refuses for the challenge, then for the age of the attestation', async () => {
    refusals = [
      { error: 'use_attestation_challenge', headers: challengeOf('c1') },
      { error: 'use_fresh_attestation', headers: challengeOf('c2') },
    ]
    expect((await sessionAt().token()).access_token).toBe('at3')
    expect(seen.map(({ attestation, challenge }) => [attestation, challenge])).toEqual([
      ['an.old.one', undefined],
      ['an.old.one', 'c1'],
      ['a.fresh.one', 'c2'],
    ])
  })

  test('beside DPoP: refuses for the challenge, then for the nonce of the other proof', async () => {
    refusals = [
      { error: 'use_attestation_challenge', headers: challengeOf('c1') },
      { error: 'use_dpop_nonce', headers: { 'DPoP-Nonce': 'n1', ...challengeOf('c2') } },
    ]
    expect((await sessionAt({}, { tokenType: dpop() }).token()).access_token).toBe('at3')
    expect(seen.map(({ challenge, nonce }) => [challenge, nonce])).toEqual([
      [undefined, undefined],
      ['c1', undefined],
      ['c2', 'n1'],
    ])
  })

  test('invalid_client_attestation is told at once, and does not end the grant', async () => {
    const session = sessionAt({}, { grant: undefined })
    await saveToken(session, { access_token: 'old', refresh_token: 'r0', expires_in: 600 })
    refusals = [{ error: 'invalid_client_attestation' }]
    expect(await errorOf(() => refreshToken(session))).toMatchObject({
      code: 'OAUTH_SERVER_REFUSED',
      error: 'invalid_client_attestation',
    })
    expect(seen).toHaveLength(1)
    expect(await session.authorized()).toBe(true)
  })
})
