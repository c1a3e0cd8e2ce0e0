import type * as http from 'node:http'
import type { Token, UnattendedGrant } from '../../src/index.js'
import { json, listen, type RunningServer } from '../servers/http.js'
import { axiosVersions } from './versions.js'
import { failure, reason, settle } from './world.js'

/**
 * A back end that keeps the refresh token to itself: it gives out access tokens for its cookie, beside the
 * API itself.
 */
describe.each(axiosVersions)('axios $version', ({ axios, oauth }) => {
  let server: RunningServer
  let serial: number
  let good: string
  let cookie: string
  let calls: { token: number; api: number }
  beforeEach(async () => {
    serial = 0
    good = ''
    cookie = 'sid=1'
    calls = { token: 0, api: 0 }
    server = await listen((request: http.IncomingMessage, response: http.ServerResponse) => {
      if (request.url === '/session/token') {
        calls.token += 1
        // The application's own credentials must not have come along: this is what a cookie is for
        if (request.headers.authorization) return json(response, 400, {})
        if (request.headers.cookie !== cookie) return json(response, 401, {})
        serial += 1
        good = `access-${serial}`
        return json(response, 200, { access_token: good, token_type: 'Bearer', expires_in: 3600 })
      }
      calls.api += 1
      json(response, request.headers.authorization === `Bearer ${good}` ? 200 : 401, {})
    })
  })
  afterEach(() => server.stop())

  const cookieGrant: UnattendedGrant = async (_endpoint, { http }) => {
    // In a browser: { withCredentials: true }
    const response = await http.post(`${server.url}/session/token`, undefined, {
      headers: { Cookie: 'sid=1' },
      validateStatus: () => true,
    })
    if (response.status === 401)
      throw new oauth.OAuthError('OAUTH_INTERACTION_REQUIRED', 'The cookie is gone: sign in.')
    return response.data as Token
  }

  function build() {
    const session = oauth.createOAuth2Session({ grant: cookieGrant, key: 'app' })
    const api = axios.create({ baseURL: server.url })
    oauth.attachOAuth2(api, session)
    return { session, api }
  }

  test('the same origin as the API: no deadlock, one call for all, again when refused', async () => {
    const { api } = build()
    const first = await settle(Array.from({ length: 20 }, () => api.get('/x')))
    expect(first.every(outcome => outcome.ok)).toBe(true)
    expect(calls).toEqual({ token: 1, api: 20 })
    good = 'gone'
    const second = await settle(Array.from({ length: 20 }, () => api.get('/x')))
    expect(second.every(outcome => outcome.ok)).toBe(true)
    expect(calls).toEqual({ token: 2, api: 60 })
  })

  test('a cookie that is gone: one clear reason for all who wait', async () => {
    const { api } = build()
    cookie = 'sid=2'
    const outcomes = await settle(Array.from({ length: 5 }, () => api.get('/x')))
    expect(outcomes.map(outcome => !outcome.ok && reason(outcome.error)?.code)).toEqual(
      Array(5).fill('OAUTH_INTERACTION_REQUIRED'),
    )
    expect(calls).toEqual({ token: 1, api: 0 })
    expect(reason(await failure(api.get('/x')))?.code).toBe('OAUTH_INTERACTION_REQUIRED')
  })

  test('a grant that does use the attached instance, told to leave that request alone', async () => {
    const api = axios.create({ baseURL: server.url })
    const grant: UnattendedGrant = async () =>
      (await api.post('/session/token', undefined, { headers: { Cookie: 'sid=1' }, oauth: false })).data
    oauth.attachOAuth2(api, oauth.createOAuth2Session({ grant, key: 'app' }))
    expect((await api.get('/x')).status).toBe(200)
    expect(calls).toEqual({ token: 1, api: 1 })
  })
})
