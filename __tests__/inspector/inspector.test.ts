import axios from 'axios'
import { attachOAuth1, attachOAuth2, createOAuth1Session, isOAuthError } from '../../src/index.js'
import { createInspector, type Inspector, printTimeline } from '../../src/inspector.js'
import { fakeSession } from '../../src/testing.js'

let inspectors: Inspector[]
beforeEach(() => {
  inspectors = []
})
afterEach(() => {
  for (const inspector of inspectors) inspector.stop()
})
const inspect: typeof createInspector = (...args) => {
  const inspector = createInspector(...args)
  inspectors.push(inspector)
  return inspector
}

function application(options: Parameters<typeof fakeSession>[0] = {}) {
  const session = fakeSession(options)
  const api = axios.create({ baseURL: 'https://api.example.com', adapter: session.server.api() as never })
  attachOAuth2(api, session)
  return { session, api }
}

const time = expect.any(Number)

test('a storm: a lane for each request, one bar that lies between their two sends', async () => {
  const { session, api } = application()
  const inspector = inspect(session)
  session.server.revokeAccessTokens()
  await Promise.all(Array.from({ length: 100 }, (_, id) => api.post(`/orders/${id}?q`)))
  const { requests, renewals, skipped } = inspector.timeline()
  expect(skipped).toEqual([])
  expect(renewals).toEqual([
    { protocol: 'oauth2', cause: 'refused', start: time, end: time, outcome: 'renewed' },
  ])
  expect(requests).toHaveLength(100)
  expect(requests[7]).toEqual({
    method: 'POST',
    url: 'https://api.example.com/orders/7',
    start: time,
    end: time,
    sends: [
      { kind: 'first', start: time, end: time, status: 401 },
      { kind: 'replay', start: time, end: time, status: 200 },
    ],
    status: 200,
  })
  for (const { sends } of requests) {
    expect(sends[1]?.start).toBeGreaterThanOrEqual(renewals[0]?.end as number)
    expect(sends[0]?.start).toBeLessThanOrEqual(renewals[0]?.start as number)
  }
})

test('a request under way has no end yet, and a timeline that was taken does not change', async () => {
  const { session, api } = application({ status: 'expiring' })
  session.expire()
  const inspector = inspect(session)
  const release = session.server.hold('token')
  const request = api.get('/me')
  for (let turn = 0; turn < 20; turn++) await new Promise(resolve => setImmediate(resolve))
  const before = inspector.timeline()
  expect(before).toEqual({
    requests: [{ method: 'GET', url: 'https://api.example.com/me', start: time, sends: [] }],
    renewals: [{ protocol: 'oauth2', cause: 'expired', start: time }],
    skipped: [],
  })
  expect(printTimeline(before)).toContain('expired: under way')
  release()
  await request
  expect(before.requests[0]?.sends).toEqual([])
  expect(inspector.timeline().requests[0]).toMatchObject({ status: 200, end: time })
})

test('failures and skipped requests show why', async () => {
  const { session, api } = application()
  const inspector = inspect(session)
  session.server.revokeEverything()
  await api.get('/me', { validateStatus: null })
  await expect(api.get('/me')).rejects.toThrow()
  await api.get('https://other.example/', { validateStatus: null })
  const { requests, renewals, skipped } = inspector.timeline()
  expect(renewals).toMatchObject([{ outcome: 'failed', error: 'OAUTH_SESSION_ENDED' }])
  expect(requests).toMatchObject([
    { status: 401, sends: [{ status: 401 }] },
    { error: 'OAUTH_SESSION_ENDED', sends: [] },
  ])
  expect(skipped).toEqual([{ method: 'GET', url: 'https://other.example/', at: time, reason: 'origin' }])
})

test('each inspector shows the sessions that it was given', async () => {
  const [one, two] = [application(), application()] as const
  const sessions = [one.session]
  const [first, both, dynamic] = [
    inspect(one.session),
    inspect([one.session, two.session]),
    inspect(() => sessions),
  ]
  await one.api.get('/one')
  await two.api.get('/two')
  const urls = ({ timeline }: Inspector) =>
    timeline().requests.map(({ url }) => new URL(url as string).pathname)
  expect(urls(first)).toEqual(['/one'])
  expect(urls(both)).toEqual(['/one', '/two'])
  expect(urls(dynamic)).toEqual(['/one'])
  sessions.push(two.session)
  expect(urls(dynamic)).toEqual(['/one', '/two'])
})

test('a token for another scope belongs to the same session', async () => {
  const { session, api } = application()
  const inspector = inspect(session)
  await api.get('/reports', { oauth: { scope: 'reports' } })
  expect(inspector.timeline().requests).toHaveLength(1)
})

test('an OAuth 1.0a session with a nonce retry is recorded the same way', async () => {
  const session = createOAuth1Session({
    client: { key: 'k', secret: 's' },
    server: {
      request_token_url: 'https://auth.example.com/request',
      authorize_url: 'https://auth.example.com/authorize',
      access_token_url: 'https://auth.example.com/access',
    },
  })
  let calls = 0
  const api = axios.create({
    baseURL: 'https://api.example.com',
    adapter: async config => {
      calls += 1
      const status = calls === 1 ? 401 : 200
      const headers = calls === 1 ? { 'www-authenticate': 'OAuth oauth_problem="nonce_used"' } : {}
      return { status, statusText: '', headers, data: '', config, request: {} }
    },
  })
  const { saveOAuth1Token } = await import('../../src/index.js')
  await saveOAuth1Token(session, { oauth_token: 't', oauth_token_secret: 'ts' })
  attachOAuth1(api, session)
  const inspector = inspect(session)
  await api.get('/x')
  expect(inspector.timeline().requests[0]?.sends.map(({ kind, status }) => [kind, status])).toEqual([
    ['first', 401],
    ['nonce-retry', 200],
  ])
})

test('the newest are kept; nothing is recorded after stop(); clear() deletes', async () => {
  const { session, api } = application()
  const inspector = inspect(session, { limit: 3 })
  for (let id = 0; id < 5; id++) await api.get(`/${id}`)
  expect(inspector.timeline().requests.map(({ url }) => url?.slice(-1))).toEqual(['2', '3', '4'])
  inspector.stop()
  await api.get('/5')
  expect(inspector.timeline().requests).toHaveLength(3)
  inspector.clear()
  expect(inspector.timeline().requests).toEqual([])
})

test.each([[undefined], [{}], [[{}]], ['session']])('%j is no session', source => {
  let thrown: unknown
  try {
    inspect(source as never)
  } catch (error) {
    thrown = error
  }
  expect(isOAuthError(thrown, 'OAUTH_INVALID_OPTION')).toBe(true)
})

test('where there are no diagnostics channels, it says so', () => {
  const { getBuiltinModule } = process
  Reflect.set(process, 'getBuiltinModule', undefined)
  try {
    jest.isolateModules(() => {
      const { createInspector: create } = require('../../src/inspector.js')
      const { fakeSession: fake } = require('../../src/testing.js')
      expect(() => create(fake())).toThrow(/Node 20\.16/)
    })
  } finally {
    Reflect.set(process, 'getBuiltinModule', getBuiltinModule)
  }
})

describe('printTimeline', () => {
  const sends = [
    { kind: 'first' as const, start: 0, end: 0.01, status: 401 },
    { kind: 'replay' as const, start: 0.03, end: 0.04, status: 200 },
  ]
  const lane = { method: 'GET', url: 'https://api.example.com/me', start: 0, end: 0.04, sends, status: 200 }
  const timeline = {
    requests: [lane, { ...lane, sends: [], error: 'OAUTH_SESSION_ENDED', end: 0.02 }, lane, lane],
    renewals: [
      {
        protocol: 'oauth2' as const,
        cause: 'refused' as const,
        start: 0.01,
        end: 0.03,
        outcome: 'renewed' as const,
      },
    ],
    skipped: [{ method: 'POST', url: 'https://other.example/x', at: 0, reason: 'origin' }],
  }

  test('prints bars over one scale', () => {
    expect(`\n${printTimeline(timeline, { width: 91, rows: 2 })}\n`).toBe(`
                       0                                   40 ms
renewal                          ▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓           refused: renewed in 20 ms
GET /me                ░░░░░░░░░░░···················███████████ 401 → 200
GET /me                ·····················                     OAUTH_SESSION_ENDED
… and 2 more requests
POST /x                without a token: origin
`)
  })

  test('colours stretches, and nothing is printed of nothing', () => {
    expect(printTimeline(timeline, { colour: true })).toContain('\u001b[31m░')
    expect(printTimeline(timeline)).not.toContain('\u001b')
    expect(printTimeline({ requests: [], renewals: [], skipped: [] })).toBe('')
  })
})
