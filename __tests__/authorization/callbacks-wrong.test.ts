import { createAuthorizationUrl } from '../../src/authorization/request.js'
import type { AuthorizationResponse } from '../../src/authorization/response.js'
import type { AuthorizationTransaction } from '../../src/authorization/transaction.js'
import { authorizationCodeGrant } from '../../src/grants/authorization-code.js'
import { jarm } from '../../src/oidc.js'
import type { ServerMetadata, ServerRequest } from '../../src/server/call.js'
import { fetchToken } from '../../src/session/fetch-token.js'
import { createSession, type OAuth2Session } from '../../src/session/session.js'
import { answer, errorOf } from '../oauth2/support.js'
import { makeIssuer } from '../oidc/issuer.js'
import { recordingStore } from '../support/fake-server.js'

/**
 * Callbacks that are wrong in one way each: nothing may be asked or stored for them, and nothing may be lost
 * by them.
 */
let op: Awaited<ReturnType<typeof makeIssuer>>
beforeAll(async () => {
  op = await makeIssuer()
})

const CALLBACK = 'https://app.example/cb'
type Query = Record<string, string | undefined>

/** A session with somebody's grant in its store, everything it sends, and every write that it makes. */
async function world(metadata: Partial<ServerMetadata> = {}) {
  const requests: ServerRequest[] = []
  const { store, writes } = recordingStore()
  const time = { now: op.now }
  const session = createSession(
    { server: { ...op.server, ...metadata }, client: op.client, store, clock: () => time.now },
    {
      http: {} as never,
      send: async request => {
        if (request.endpoint === 'jwks') return op.send(request)
        requests.push(request)
        return answer(200, { access_token: `a${requests.length}`, token_type: 'Bearer', refresh_token: 'r' })
      },
    },
  )
  await fetchToken(session, async () => ({ access_token: 'old', refresh_token: 'old-r' }))
  writes.length = 0
  return {
    session,
    requests,
    writes,
    time,
    stored: async () => JSON.stringify([await session.token(), writes]),
  }
}

const begin = (session: OAuth2Session) =>
  createAuthorizationUrl(session, { redirect_uri: CALLBACK, scope: 'read' })
const goodFor = ({ state, issuer }: AuthorizationTransaction): Query => ({ code: 'c', state, iss: issuer })
const query = (values: Query) =>
  `${new URLSearchParams(Object.entries(values).filter((pair): pair is [string, string] => pair[1] !== undefined))}`
const finish = (
  session: OAuth2Session,
  authorizationResponse: AuthorizationResponse,
  transaction: AuthorizationTransaction,
  jwt?: boolean,
) =>
  fetchToken(
    session,
    authorizationCodeGrant({ authorizationResponse, transaction, ...(jwt && { jwtResponse: jarm() }) }),
  )

interface Wrong {
  code: string
  /** What comes back, made of the good parameters. */
  response?: (
    good: Query,
    transaction: AuthorizationTransaction,
  ) => AuthorizationResponse | Promise<AuthorizationResponse>
  /** What was remembered, or what somebody made of it. */
  transaction?: (transaction: AuthorizationTransaction) => unknown
  metadata?: Partial<ServerMetadata>
  /** Seconds that pass on the way. */
  later?: number
  jwt?: true
  /** The sign-in is still open: the right callback finishes it. */
  open?: true
}

const MISMATCH = 'OAUTH_STATE_MISMATCH'
const OTHER = 'OAUTH_ISSUER_MISMATCH'
const TWICE = 'OAUTH_INVALID_RESPONSE'
const at = (values: Query) => `${CALLBACK}?${query(values)}`
const announced = { authorization_response_iss_parameter_supported: true }
const jwtOf = async (
  claims: Query & { exp?: number | undefined; aud?: string },
  alter = (jwt: string) => jwt,
) =>
  `${CALLBACK}?response=${alter(await op.sign({ aud: 'app', exp: op.now + 60, ...claims } as Record<string, unknown>))}`

const table: Record<string, Wrong> = {
  'no state': { code: MISMATCH, open: true, response: good => at({ ...good, state: undefined }) },
  'an empty state': { code: MISMATCH, open: true, response: good => at({ ...good, state: '' }) },
  'another state': { code: MISMATCH, open: true, response: good => at({ ...good, state: 'x' }) },
  'the beginning of the state': {
    code: MISMATCH,
    open: true,
    response: good => at({ ...good, state: good.state?.slice(0, -1) }),
  },
  'a longer state': {
    code: MISMATCH,
    open: true,
    response: good => at({ ...good, state: `${good.state}0` }),
  },
  'the state in capitals': {
    code: MISMATCH,
    open: true,
    response: good => at({ ...good, state: good.state?.toUpperCase() }),
  },
  'the state twice': { code: TWICE, open: true, response: good => `${at(good)}&state=${good.state}` },
  'another state after it': { code: TWICE, open: true, response: good => `${at(good)}&state=x` },
  'another state before it': {
    code: TWICE,
    open: true,
    response: good => `${CALLBACK}?state=x&${query(good)}`,
  },
  'State for state': {
    code: MISMATCH,
    open: true,
    response: ({ state, ...good }) => at({ ...good, State: state }),
  },
  'nothing at all': { code: MISMATCH, open: true, response: () => CALLBACK },
  'another issuer': { code: OTHER, response: good => at({ ...good, iss: 'https://evil.example' }) },
  'another issuer where iss is announced': {
    code: OTHER,
    metadata: announced,
    response: good => at({ ...good, iss: 'https://evil.example' }),
  },
  'no issuer where it is announced': {
    code: OTHER,
    metadata: announced,
    response: good => at({ ...good, iss: undefined }),
  },
  'an empty issuer': { code: OTHER, response: good => at({ ...good, iss: '' }) },
  'another spelling of the issuer': { code: OTHER, response: good => at({ ...good, iss: `${good.iss}/` }) },
  'another port of the issuer': { code: OTHER, response: good => at({ ...good, iss: `${good.iss}:443` }) },
  'the issuer encoded twice': {
    code: OTHER,
    response: good => at({ ...good, iss: encodeURIComponent(`${good.iss}`) }),
  },
  'two issuers': { code: TWICE, open: true, response: good => `${at(good)}&iss=https%3A%2F%2Fevil.example` },
  'two codes': { code: TWICE, open: true, response: good => `${at(good)}&code=d` },
  'the same code twice': { code: TWICE, open: true, response: good => `${at(good)}&code=c` },
  'a list of codes, as a framework makes it': {
    code: TWICE,
    open: true,
    response: good => ({ ...good, code: ['c', 'd'] }),
  },
  'no code': { code: 'OAUTH_CODE_MISSING', response: good => at({ ...good, code: undefined }) },
  'an empty code': { code: 'OAUTH_CODE_MISSING', response: good => at({ ...good, code: '' }) },
  'a token for the code': {
    code: 'OAUTH_CODE_MISSING',
    response: good =>
      `${CALLBACK}#${query({ ...good, code: undefined, access_token: 'evil', token_type: 'Bearer' })}`,
  },
  'an error': {
    code: 'OAUTH_AUTHORIZATION_FAILED',
    response: good => at({ ...good, code: undefined, error: 'access_denied' }),
  },
  'an error before the code': {
    code: 'OAUTH_AUTHORIZATION_FAILED',
    response: good => `${CALLBACK}?error=access_denied&${query(good)}`,
  },
  'an error after the code': {
    code: 'OAUTH_AUTHORIZATION_FAILED',
    response: good => `${at(good)}&error=server_error`,
  },
  'two errors': {
    code: TWICE,
    open: true,
    response: good => `${CALLBACK}?error=access_denied&error=server_error&state=${good.state}`,
  },
  'an error of another sign-in': {
    code: MISMATCH,
    open: true,
    response: () => `${CALLBACK}?error=access_denied&state=x`,
  },
  'an error of another issuer': {
    code: OTHER,
    response: good => at({ ...good, code: undefined, error: 'access_denied', iss: 'https://evil.example' }),
  },
  'the good parameters in the query, others in the fragment': {
    code: MISMATCH,
    open: true,
    response: good => `${at(good)}#code=evil&state=x`,
  },
  'a form with another state': {
    code: MISMATCH,
    open: true,
    response: good => new URLSearchParams(query({ ...good, state: 'x' })),
  },
  'a form with two codes': {
    code: TWICE,
    open: true,
    response: good => new URLSearchParams(`${query(good)}&code=d`),
  },
  'a form with another issuer': {
    code: OTHER,
    response: good => query({ ...good, iss: 'https://evil.example' }),
  },
  'eleven minutes on the way': { code: 'OAUTH_TRANSACTION_EXPIRED', later: 601 },
  'a transaction of the future': {
    code: 'OAUTH_TRANSACTION_EXPIRED',
    transaction: known => ({ ...known, created_at: known.created_at + 3600 }),
  },
  'a transaction without its time': {
    code: 'OAUTH_TRANSACTION_EXPIRED',
    transaction: ({ created_at, ...known }) => known,
  },
  'a transaction whose time is a word': {
    code: 'OAUTH_TRANSACTION_EXPIRED',
    transaction: known => ({ ...known, created_at: 'now' }),
  },
  'a transaction of another issuer': {
    code: OTHER,
    transaction: known => ({ ...known, issuer: 'https://other.example' }),
  },
  'a transaction without an issuer': { code: OTHER, transaction: ({ issuer, ...known }) => known },
  'a transaction of another client': {
    code: OTHER,
    transaction: known => ({ ...known, client_id: 'other' }),
  },
  'a transaction without its state': {
    code: MISMATCH,
    open: true,
    transaction: ({ state, ...known }) => known,
  },
  'a transaction with an empty state, and none in the callback': {
    code: MISMATCH,
    open: true,
    transaction: known => ({ ...known, state: '' }),
    response: good => at({ ...good, state: undefined }),
  },
  'no transaction': { code: MISMATCH, open: true, transaction: () => undefined },
  'a transaction that is null': { code: MISMATCH, open: true, transaction: () => null },
  'a transaction that is empty': { code: MISMATCH, open: true, transaction: () => ({}) },
  'a transaction still in its JSON text': {
    code: MISMATCH,
    open: true,
    transaction: known => JSON.stringify(known),
  },
  'JARM: in the clear': { code: TWICE, jwt: true, open: true, response: at },
  'JARM: no JWT': {
    code: 'OAUTH_ID_TOKEN_INVALID',
    jwt: true,
    open: true,
    response: () => `${CALLBACK}?response=x.y.z`,
  },
  'JARM: another signature': {
    code: 'OAUTH_ID_TOKEN_INVALID',
    jwt: true,
    open: true,
    response: good => jwtOf(good, jwt => jwt.replace(/.{8}$/, 'AAAAAAAA')),
  },
  'JARM: no signature': {
    code: 'OAUTH_ID_TOKEN_INVALID',
    jwt: true,
    open: true,
    response: good =>
      jwtOf(good, jwt => `${Buffer.from('{"alg":"none"}').toString('base64url')}.${jwt.split('.')[1]}.`),
  },
  'JARM: another audience': {
    code: 'OAUTH_ID_TOKEN_INVALID',
    jwt: true,
    open: true,
    response: good => jwtOf({ ...good, aud: 'other' }),
  },
  'JARM: too old': {
    code: 'OAUTH_ID_TOKEN_INVALID',
    jwt: true,
    open: true,
    response: good => jwtOf({ ...good, exp: op.now - 3600 } as never),
  },
  'JARM: another issuer': {
    code: 'OAUTH_ID_TOKEN_INVALID',
    jwt: true,
    open: true,
    response: good => jwtOf({ ...good, iss: 'https://evil.example' }),
  },
  'JARM: the good state outside, another inside': {
    code: MISMATCH,
    jwt: true,
    open: true,
    response: async good => `${await jwtOf({ ...good, state: 'x' })}&state=${good.state}`,
  },
}

describe('a callback that is wrong', () => {
  test.each(Object.entries(table))('%s', async (_name, wrong) => {
    const { session, requests, writes, time, stored } = await world(wrong.metadata)
    const before = await stored()
    const { transaction } = await begin(session)
    const known = (wrong.transaction ?? (same => same))(transaction) as AuthorizationTransaction
    const response = await (wrong.response ?? at)(goodFor(transaction), transaction)
    time.now += wrong.later ?? 0

    const error = await errorOf(() => finish(session, response, known, wrong.jwt))
    expect(error.code).toBe(wrong.code)
    expect(requests).toEqual([])
    expect(writes).toEqual([])
    expect(await stored()).toBe(before)

    // the sign-in itself, if it is still open, and in any case the next one
    const next = wrong.open ? transaction : (await begin(session)).transaction
    expect(await finish(session, at(goodFor(next)), next)).toMatchObject({ access_token: 'a1' })
    expect(requests.map(({ endpoint }) => endpoint)).toEqual(['token'])
    expect(writes).toEqual(['set'])
    expect((await session.token()).access_token).toBe('a1')
  })

  test('that comes a second time is refused, also while the first is under way, and leaves its token alone', async () => {
    const { session, requests, writes } = await world()
    const { transaction } = await begin(session)
    const response = at(goodFor(transaction))
    const [first, second] = await Promise.allSettled([
      finish(session, response, transaction),
      finish(session, response, JSON.parse(JSON.stringify(transaction))),
    ])
    expect(first).toMatchObject({ status: 'fulfilled', value: { access_token: 'a1' } })
    expect(second).toMatchObject({ status: 'rejected', reason: { code: 'OAUTH_TRANSACTION_USED' } })
    const third = await errorOf(() =>
      finish(session, at({ ...goodFor(transaction), code: 'other' }), transaction),
    )
    expect(third.code).toBe('OAUTH_TRANSACTION_USED')
    expect(requests).toHaveLength(1)
    expect(writes).toEqual(['set'])
    expect((await session.token()).access_token).toBe('a1')
  })

  test('cannot be made right with the transaction of another sign-in of the same user', async () => {
    const { session, requests, writes } = await world()
    const one = (await begin(session)).transaction
    const two = (await begin(session)).transaction
    expect((await errorOf(() => finish(session, at(goodFor(one)), two))).code).toBe(MISMATCH)
    expect([requests, writes]).toEqual([[], []])
    expect(await finish(session, at(goodFor(two)), two)).toMatchObject({ access_token: 'a1' })
    expect(await finish(session, at(goodFor(one)), one)).toMatchObject({ access_token: 'a2' })
  })
})

describe('where a callback arrived', () => {
  /** From a server that does not say who it is. */
  const nameless = (transaction: AuthorizationTransaction) => {
    const { iss, ...response } = goodFor(transaction)
    return response
  }
  test.each([
    ['another path', 'https://app.example/other'],
    ['another path alone', '/other'],
    ['the end of another word alone', '/b'],
    ['a longer path', '/cb/more'],
    ['another scheme', 'app:/cb'],
  ])('must be the redirect URI of this sign-in, one for each server: %s', async (_name, address) => {
    const { session, requests, writes } = await world()
    const { transaction } = await begin(session)
    const finished = () => finish(session, `${address}?${query(nameless(transaction))}`, transaction)
    expect((await errorOf(finished)).code).toBe('OAUTH_ISSUER_MISMATCH')
    expect([requests, writes]).toEqual([[], []])
  })

  test('parameters that tell one redirect URI from another must have come back', async () => {
    const redirect_uri = 'https://app.example/cb?as=one'
    for (const [own, works] of [
      ['as=one&', true],
      ['as=two&as=one&', true],
      ['as=two&', false],
      ['', false],
    ] as const) {
      const { session, requests } = await world()
      const { transaction } = await createAuthorizationUrl(session, { redirect_uri })
      const finished = () => finish(session, `/cb?${own}${query(nameless(transaction))}`, transaction)
      if (works) expect(await finished()).toHaveProperty('access_token')
      else expect((await errorOf(finished)).code).toBe('OAUTH_ISSUER_MISMATCH')
      expect(requests).toHaveLength(works ? 1 : 0)
    }
  })

  test.each([
    ['an app', 'com.example.app:/oauth/cb', 'com.example.app:/oauth/cb'],
    ['an app with an authority', 'app://cb', 'app://cb'],
    [
      'a path that is written another way',
      'https://app.example/c%7Eb/%C3%A4',
      'https://app.example/c~b/%c3%a4',
    ],
    ['a page that adds a slash', 'https://app.example/cb', 'https://app.example/cb/'],
    ['a port that the system chose', 'http://127.0.0.1/cb', 'http://127.0.0.1:50123/cb'],
    ['a page without its file', 'https://app.example/silent/index.html', 'https://app.example/silent/'],
    ['a page without .html', 'https://app.example/cb.html', 'https://app.example/cb'],
    ['a router that took the beginning off', 'https://app.example/auth/cb', '/cb'],
    ['a slash too many', 'https://app.example/cb', '//cb'],
    ['an address without a scheme', 'http://localhost:3000/cb', 'localhost:3000/cb'],
    ['an app that writes slashes', 'com.example.app:/cb', 'com.example.app://cb'],
    ['somebody who reads a code aloud', 'urn:ietf:wg:oauth:2.0:oob', ''],
  ])('is compared with care: %s', async (_name, redirect_uri, address) => {
    const { session, requests } = await world()
    const { transaction } = await createAuthorizationUrl(session, { redirect_uri })
    await finish(session, `${address}?${query(nameless(transaction))}`, transaction)
    expect(requests).toHaveLength(1)
  })

  test('does not matter if iss identifies the server', async () => {
    const { session, requests } = await world()
    const { transaction } = await begin(session)
    await finish(session, `/rewritten?${query(goodFor(transaction))}`, transaction)
    expect(requests).toHaveLength(1)
  })

  test.each([
    ['another origin', 'http://internal/cb'],
    ['another port', 'https://app.example:8443/cb'],
    ['the path alone', '/cb'],
    ['parameters alone', ''],
  ])(
    'may have another origin behind a proxy; the token request has the original redirect_uri: %s',
    async (_name, address) => {
      const { session, requests } = await world()
      const { transaction } = await begin(session)
      await finish(session, `${address}?${query(goodFor(transaction))}`, transaction)
      expect(requests[0]?.body.get('redirect_uri')).toBe(CALLBACK)
      expect(requests[0]?.body.get('code_verifier')).toBe(transaction.code_verifier)
      expect(requests[0]?.url.href).toBe(op.server.token_endpoint)
    },
  )

  test('a tampered redirect URI or verifier goes to the server as it is, which refuses it', async () => {
    const { session, requests } = await world()
    const { transaction } = await begin(session)
    const known = { ...transaction, redirect_uri: 'https://evil.example/cb', code_verifier: 'v'.repeat(43) }
    await finish(session, at(goodFor(transaction)), known)
    expect(requests[0]?.url.href).toBe(op.server.token_endpoint)
    expect(requests[0]?.body.get('redirect_uri')).toBe('https://evil.example/cb')
  })

  test('in the fragment, for servers that were asked to (response_mode)', async () => {
    const { session } = await world()
    const { transaction } = await begin(session)
    const response = `${CALLBACK}#${query(goodFor(transaction))}`
    expect(await finish(session, response, transaction)).toMatchObject({ access_token: 'a1' })
  })
})
