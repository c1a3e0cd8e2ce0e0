import { once } from 'node:events'
import { connect } from 'node:net'
import { networkInterfaces } from 'node:os'
import { type BrowserSignInOptions, signInWithBrowser } from '../../src/cli'
import { createOAuth2Session, isOAuthError, type OAuth2Session, type OAuthError } from '../../src/index'
import { type AuthorizationServer, startAuthorizationServer } from '../servers/authorization-server'
import { listen } from '../servers/http'
import { sized } from '../support/long'
import { manualTimer, type Page, refusal, send, sessionAt, until } from './support'

let auth: AuthorizationServer

beforeEach(async () => {
  auth = await startAuthorizationServer({ mark: 'CANARY-' })
})
afterEach(() => auth.stop())

/** A sign-in that has come as far as the browser; nothing comes back before the test sends it. */
async function begun(options: BrowserSignInOptions = {}, session: OAuth2Session = sessionAt(auth)) {
  const timer = manualTimer()
  let url = ''
  const result = signInWithBrowser(session, {
    sleep: timer.sleep,
    open: address => {
      url = address
    },
    ...options,
  }).then(
    token => ({ token, error: undefined }),
    (error: OAuthError) => ({ token: undefined, error }),
  )
  await Promise.race([until(() => url), result])
  const query = new URL(url || 'http://none').searchParams
  const redirect = query.get('redirect_uri') ?? ''
  return { session, timer, url, query, redirect, result, state: query.get('state') ?? '' }
}

/** The callback URL that the server sends the browser to. */
const callbackOf = (url: string) => auth.authorize(url)

/** True while the sign-in still waits, and would take the right answer. */
async function expectToFinish({ url, result }: Awaited<ReturnType<typeof begun>>) {
  expect((await send(await callbackOf(url))).status).toBe(200)
  expect((await result).token?.access_token).toBeTruthy()
}

describe('a sign-in', () => {
  test('is finished by the callback: the token is stored, the page says so, and nothing listens any more', async () => {
    const { session, url, redirect, result, timer } = await begun({ scope: ['read', 'write'] })
    const page = await send(await callbackOf(url))
    expect(page).toMatchObject({ status: 200, body: expect.stringContaining('Signed in') })
    const { token } = await result
    expect(token).toMatchObject({ token_type: 'Bearer', scope: 'read write' })
    expect((await session.token()).access_token).toBe(token?.access_token)
    expect(await refusal(redirect)).toBe('ECONNREFUSED')
    expect(timer.waits).toMatchObject([{ seconds: 300, isOver: true }])
  })

  test('asks with PKCE, state and a redirect_uri of loopback on a free port, and exchanges with the same', async () => {
    const started = await begun({
      scope: 'read',
      parameters: { prompt: 'consent', redirect_uri: 'https://elsewhere' },
    })
    const { query, redirect } = started
    expect(redirect).toMatch(/^http:\/\/127\.0\.0\.1:\d{4,5}\/callback$/)
    expect(Object.fromEntries(query)).toMatchObject({
      response_type: 'code',
      client_id: 'app',
      scope: 'read',
      prompt: 'consent',
      code_challenge_method: 'S256',
      state: expect.stringMatching(/^[\w-]{43}$/),
    })
    await expectToFinish(started)
    expect(auth.requests[0]?.parameters.get('redirect_uri')).toBe(redirect)
    expect(auth.requests[0]?.parameters.get('code_verifier')).toMatch(/^[\w-]{43}$/)
  })

  test('the page is whole in itself: no script, no secret, not kept, not framed, and the connection ends', async () => {
    const { url, result } = await begun()
    const callback = await callbackOf(url)
    const { headers, body } = await send(callback, { headers: { connection: 'keep-alive' } })
    expect(headers).toMatchObject({
      connection: 'close',
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'content-type': 'text/html; charset=utf-8',
      'x-content-type-options': 'nosniff',
    })
    expect(headers['content-security-policy']).toMatch(
      /^default-src 'none'; style-src 'sha256-[\w+/=]+';.*frame-ancestors 'none'/,
    )
    expect(body).not.toMatch(/<script|\bon\w+=|href=|src=|CANARY/i)
    for (const [, value] of new URL(callback).searchParams) expect(body).not.toContain(value)
    expect(JSON.stringify(await result)).toContain('CANARY')
  })

  test('with a port, a path and the address of IPv6', async () => {
    const free = await listen(() => {})
    const port = Number(new URL(free.url).port)
    await free.stop()
    const started = await begun({ port, path: '/signed/in', host: '[::1]' })
    expect(started.redirect).toBe(`http://[::1]:${port}/signed/in`)
    await expectToFinish(started)
  })

  test('waits for the given seconds, then reports that the person did not decide', async () => {
    const { timer, result, redirect } = await begun({ timeout: 20 })
    expect(timer.waits.map(({ seconds }) => seconds)).toEqual([20])
    timer.waits[0]?.end()
    expect((await result).error?.code).toBe('OAUTH_TRANSACTION_EXPIRED')
    expect(await refusal(redirect)).toBe('ECONNREFUSED')
  })

  test('an abort ends the wait, the timer and the server', async () => {
    const stop = new AbortController()
    const { result, redirect, timer } = await begun({ signal: stop.signal })
    stop.abort()
    expect((await result).error?.code).toBe('OAUTH_ABORTED')
    expect(timer.waits[0]?.isOver).toBe(true)
    expect(await refusal(redirect)).toBe('ECONNREFUSED')
  })

  test('aborted before the start, it calls no server and opens no browser', async () => {
    const open = jest.fn()
    const server = jest.fn(() => auth.metadata)
    const session = createOAuth2Session({ server, client: { client_id: 'app' } })
    const failure = await signInWithBrowser(session, { open, signal: AbortSignal.abort() }).catch(
      error => error,
    )
    expect(isOAuthError(failure, 'OAUTH_ABORTED')).toBe(true)
    expect(server).not.toHaveBeenCalled()
    expect(open).not.toHaveBeenCalled()
  })

  test('aborted while the code is exchanged, it stores nothing and tells the browser', async () => {
    const stop = new AbortController()
    auth.trouble('silent')
    const { session, url, result } = await begun({ signal: stop.signal })
    const page = send(await callbackOf(url))
    await until(() => auth.counts.token)
    stop.abort()
    expect((await result).error?.code).toBe('OAUTH_ABORTED')
    expect((await page).body).toContain('Not signed in')
    expect(await session.authorized()).toBe(false)
  })

  test('the server closes also where there is no authorization endpoint to go to', async () => {
    const open = jest.fn()
    const session = sessionAt(auth, { authorization_endpoint: undefined })
    const free = await listen(() => {})
    const fixed = Number(new URL(free.url).port)
    await free.stop()
    const failure = await signInWithBrowser(session, { open, port: fixed }).catch(error => error)
    expect(failure.code).toBe('OAUTH_ENDPOINT_MISSING')
    expect(await refusal(`http://127.0.0.1:${fixed}/callback`)).toBe('ECONNREFUSED')
    expect(open).not.toHaveBeenCalled()
  })

  test('a connection that the browser opened in advance does not keep the server', async () => {
    const started = await begun()
    const { hostname, port } = new URL(started.redirect)
    const idle = connect(Number(port), hostname)
    await once(idle, 'connect')
    const closed = once(idle, 'close')
    idle.on('error', () => {})
    await expectToFinish(started)
    await closed
  })

  test('a browser that was closed after the callback does not stop the sign-in', async () => {
    const started = await begun()
    const callback = new URL(await callbackOf(started.url))
    const socket = connect(Number(callback.port), callback.hostname)
    auth.latency = () => new Promise(resolve => socket.destroy().once('close', () => resolve()))
    socket.write(`GET ${callback.pathname}${callback.search} HTTP/1.1\r\nHost: ${callback.host}\r\n\r\n`)
    expect((await started.result).token?.access_token).toBeTruthy()
  })
})

describe('what the server refuses', () => {
  test('access_denied is told with its words, the browser gets a page without them', async () => {
    const { redirect, state, result } = await begun()
    const denied = new URLSearchParams({
      error: 'access_denied',
      error_description: '<b>no</b>',
      state,
      iss: auth.url,
    })
    const page = await send(`${redirect}?${denied}`)
    expect(page).toMatchObject({ status: 400, body: expect.stringContaining('Not signed in') })
    expect(page.body).not.toMatch(/denied|<b>/)
    expect((await result).error).toMatchObject({ code: 'OAUTH_AUTHORIZATION_FAILED', error: 'access_denied' })
    expect(await refusal(redirect)).toBe('ECONNREFUSED')
  })

  test('a code that the server does not take ends in its error, and no secret is in it', async () => {
    const { redirect, state, result, session } = await begun()
    const forged = new URLSearchParams({ code: 'CANARY-code', state, iss: auth.url })
    expect((await send(`${redirect}?${forged}`)).status).toBe(400)
    const { error } = await result
    expect(error).toMatchObject({ code: 'OAUTH_SERVER_REFUSED', error: 'invalid_grant' })
    expect(`${error?.stack}${JSON.stringify(error)}`).not.toMatch(/CANARY/)
    expect(await session.authorized()).toBe(false)
  })

  test('the issuer of another server is refused before any code is sent', async () => {
    const { redirect, state, result } = await begun()
    const mixedUp = new URLSearchParams({ code: 'x', state, iss: 'https://evil.example' })
    expect((await send(`${redirect}?${mixedUp}`)).status).toBe(400)
    expect((await result).error?.code).toBe('OAUTH_ISSUER_MISMATCH')
    expect(auth.counts.token).toBe(0)
  })
})

describe('requests of other programs to the port', () => {
  type Begun = Awaited<ReturnType<typeof begun>>
  const right = ({ state }: Begun) => `code=stolen&state=${state}&iss=${encodeURIComponent(auth.url)}`
  const cases: Array<[what: string, status: number, attack: (started: Begun) => Promise<Page>]> = [
    ['the icon of the page', 404, ({ redirect }) => send(new URL('/favicon.ico', redirect).href)],
    ['the root', 404, ({ redirect }) => send(new URL('/', redirect).href)],
    ['a path below', 404, started => send(`${started.redirect}/more?${right(started)}`)],
    [
      'a path that a browser would normalise',
      404,
      started => send(started.redirect, { target: `/x/../callback?${right(started)}` }),
    ],
    [
      'the path in capitals',
      404,
      started => send(started.redirect, { target: `/CALLBACK?${right(started)}` }),
    ],
    [
      'an absolute target',
      404,
      started => send(started.redirect, { target: `http://evil.example/callback?${right(started)}` }),
    ],
    ['no parameters', 400, ({ redirect }) => send(redirect)],
    ['no state', 400, ({ redirect }) => send(`${redirect}?code=x`)],
    ['a wrong state', 400, ({ redirect }) => send(`${redirect}?code=x&state=guess`)],
    [
      'an error with a wrong state',
      400,
      ({ redirect }) => send(`${redirect}?error=access_denied&state=guess`),
    ],
    [
      'a state that begins right',
      400,
      ({ redirect, state }) => send(`${redirect}?code=x&state=${state.slice(0, -1)}`),
    ],
    ['two states', 400, ({ redirect, state }) => send(`${redirect}?code=x&state=guess&state=${state}`)],
    [
      'the state in a fragment',
      404,
      started => send(started.redirect, { target: `/callback#${right(started)}` }),
    ],
    [
      'another Host (DNS rebinding)',
      400,
      started => send(`${started.redirect}?${right(started)}`, { headers: { host: 'evil.example' } }),
    ],
    [
      'another Host with the port',
      400,
      started =>
        send(`${started.redirect}?${right(started)}`, {
          headers: { host: `evil.example:${new URL(started.redirect).port}` },
        }),
    ],
    [
      'localhost as Host',
      400,
      started =>
        send(`${started.redirect}?${right(started)}`, {
          headers: { host: `localhost:${new URL(started.redirect).port}` },
        }),
    ],
    [
      'the Host without the port',
      400,
      started => send(`${started.redirect}?${right(started)}`, { headers: { host: '127.0.0.1' } }),
    ],
    ['HEAD', 400, started => send(`${started.redirect}?${right(started)}`, { method: 'HEAD' })],
    [
      'POST with the right query',
      400,
      started => send(`${started.redirect}?${right(started)}`, { method: 'POST' }),
    ],
    [
      'POST with the right form',
      400,
      started =>
        send(started.redirect, {
          method: 'POST',
          form: right(started),
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
        }),
    ],
    ['OPTIONS', 400, started => send(started.redirect, { method: 'OPTIONS' })],
  ]

  test.each(cases)('%s is refused with %i, and the wait goes on', async (_what, status, attack) => {
    const started = await begun()
    const page = await attack(started)
    expect(page.status).toBe(status)
    expect(page.headers.connection).toBe('close')
    expect(page.headers['access-control-allow-origin']).toBeUndefined()
    expect(auth.counts.token).toBe(0)
    await expectToFinish(started)
  })

  test('invalid HTTP and aborted requests change nothing', async () => {
    const started = await begun()
    const { hostname, port, host } = new URL(started.redirect)
    for (const text of ['\x16\x03\x01\x02\x00', `GET /callback?code=x HTTP/1.1\r\nHost: ${host}\r\n`]) {
      const socket = connect(Number(port), hostname)
      socket.on('error', () => {}).resume()
      await once(socket, 'connect')
      socket.end(text)
      await once(socket, 'close')
    }
    await expectToFinish(started)
  })

  const guessCount = sized(100, 1000)
  test(`${guessCount} wrong guesses at once change nothing`, async () => {
    const started = await begun()
    const guesses = Array.from({ length: guessCount }, (_, guess) =>
      send(`${started.redirect}?code=x&state=${guess}`),
    )
    expect(new Set((await Promise.all(guesses)).map(({ status }) => status))).toEqual(new Set([400]))
    await expectToFinish(started)
  })

  test('a second callback while the first is judged is refused, and spends nothing', async () => {
    const started = await begun()
    let release: () => void = () => {}
    auth.latency = () => new Promise(resolve => (release = resolve))
    const callback = await callbackOf(started.url)
    const first = send(callback)
    await until(() => auth.counts.token)
    const second = await send(callback)
    expect(second).toMatchObject({ status: 400, body: expect.stringContaining('not the answer') })
    release()
    expect((await first).status).toBe(200)
    expect((await started.result).token?.access_token).toBeTruthy()
    expect(auth.counts.token).toBe(1)
  })

  test('from another address of this machine nothing answers', async () => {
    const started = await begun()
    const { port } = new URL(started.redirect)
    const others = Object.values(networkInterfaces())
      .flat()
      .flatMap(one => (one && !one.internal && one.family === 'IPv4' ? [one.address] : []))
    for (const address of [...others, '127.0.0.2', '[::1]'])
      expect(await refusal(`http://${address}:${port}/callback`)).toMatch(
        /^E(CONNREFUSED|ADDRNOTAVAIL|HOSTUNREACH)$/,
      )
    await expectToFinish(started)
  })
})

describe('response_mode form_post', () => {
  const asForm = { 'content-type': 'application/x-www-form-urlencoded' }
  const parameters = { response_mode: 'form_post' }
  const formOf = async (url: string) => new URL(await callbackOf(url)).search.slice(1)

  test('the answer is the form that the browser posts', async () => {
    const { url, redirect, result } = await begun({ parameters })
    const page = await send(redirect, { method: 'POST', form: await formOf(url), headers: asForm })
    expect(page.status).toBe(200)
    expect((await result).token?.access_token).toBeTruthy()
  })

  test.each<[what: string, request: (form: string) => Parameters<typeof send>[1]]>([
    ['the answer in the query of a GET', form => ({ target: `/callback?${form}` })],
    ['a form of another type', form => ({ method: 'POST', form, headers: { 'content-type': 'text/plain' } })],
    ['a form without a type', form => ({ method: 'POST', form })],
    [
      'a form with a wrong state',
      form => ({ method: 'POST', form: form.replace(/state=./, 'state=~'), headers: asForm }),
    ],
    [
      'a form that is too long',
      form => ({ method: 'POST', form: `${form}&more=${'x'.repeat(70_000)}`, headers: asForm }),
    ],
  ])('%s is refused, and the wait goes on', async (_what, request) => {
    const { url, redirect, result } = await begun({ parameters })
    const form = await formOf(url)
    expect((await send(redirect, request(form))).status).toBe(400)
    expect((await send(redirect, { method: 'POST', form, headers: asForm })).status).toBe(200)
    expect((await result).token?.access_token).toBeTruthy()
  })
})

describe('an answer that is a JWT', () => {
  const parameters = { response_mode: 'jwt' }
  /** Stands for a verified JWT: `good.` and the query. */
  const jwtResponse = async (jwt: string) => {
    if (!jwt.startsWith('good.')) throw new Error('the signature is wrong')
    return Object.fromEntries(new URLSearchParams(jwt.slice(5)))
  }
  const jwtOf = async (url: string) => new URL(await callbackOf(url)).search.slice(1)

  test.each([
    ['not signed', (form: string) => `bad.${form}`],
    ['signed for another sign-in', (form: string) => `good.${form.replace(/state=./, 'state=~')}`],
  ])('one that is %s is refused, and the wait goes on', async (_what, forge) => {
    const { url, redirect, result } = await begun({ parameters, jwtResponse })
    const form = await jwtOf(url)
    const answer = (jwt: string) => send(`${redirect}?${new URLSearchParams({ response: jwt })}`)
    expect((await answer(forge(form))).status).toBe(400)
    expect((await send(`${redirect}?${form}`)).status).toBe(400)
    expect((await answer(`good.${form}`)).status).toBe(200)
    expect((await result).token?.access_token).toBeTruthy()
  })
})

describe('where no browser opens', () => {
  /** A sign-in whose address is shown to the test. */
  async function shownBy(open: BrowserSignInOptions['open']) {
    const shown: string[] = []
    const result = signInWithBrowser(sessionAt(auth), {
      sleep: manualTimer().sleep,
      onUrl: url => void shown.push(url),
      ...(open !== undefined && { open }),
    })
    await until(() => shown.length)
    return { shown, result }
  }

  test.each<[what: string, open: BrowserSignInOptions['open']]>([
    ['the option says so', false],
    ['it fails', () => Promise.reject(new Error('no display'))],
    [
      'it throws',
      () => {
        throw new Error('no display')
      },
    ],
  ])('because %s, the address is shown, and the wait goes on', async (_what, open) => {
    const { shown, result } = await shownBy(open)
    expect(shown).toHaveLength(1)
    expect((await send(await callbackOf(shown[0] ?? ''))).status).toBe(200)
    expect((await result).access_token).toBeTruthy()
  })

  test('one that fails after the callback shows nothing', async () => {
    let fail: () => void = () => {}
    const onUrl = jest.fn()
    let url = ''
    const result = signInWithBrowser(sessionAt(auth), {
      onUrl,
      open: address => {
        url = address
        return new Promise((_, reject) => (fail = () => reject(new Error('the browser crashed'))))
      },
    })
    await until(() => url)
    await send(await callbackOf(url))
    await result
    fail()
    await new Promise(resolve => setImmediate(resolve))
    expect(onUrl).not.toHaveBeenCalled()
  })

  test('an address that cannot be shown ends the sign-in', async () => {
    const broken = new Error('the terminal is gone')
    const onUrl = () => Promise.reject(broken)
    await expect(signInWithBrowser(sessionAt(auth), { open: false, onUrl })).rejects.toBe(broken)
  })
})

describe('an option that cannot be meant', () => {
  test.each<[what: string, options: BrowserSignInOptions]>([
    ['a name as host', { host: 'localhost' as '127.0.0.1' }],
    ['every address', { host: '0.0.0.0' as '127.0.0.1' }],
    ['a path without a slash', { path: 'callback' }],
    ['no path', { path: '' }],
    ['a path with a query', { path: '/callback?a=b' }],
    ['a path with a fragment', { path: '/callback#a' }],
    ['a path with dots', { path: '/a/../callback' }],
    ['an answer in a fragment', { parameters: { response_mode: 'fragment' } }],
    ['an ID token in the query', { parameters: { response_type: 'code id_token' } }],
  ])('%s is refused before anything opens', async (_what, options) => {
    const open = jest.fn()
    const failure = await signInWithBrowser(sessionAt(auth), { open, ...options }).catch(error => error)
    expect(failure.code).toBe('OAUTH_INVALID_OPTION')
    expect(open).not.toHaveBeenCalled()
  })

  test('the error names an occupied port', async () => {
    const failure = await signInWithBrowser(sessionAt(auth), { port: Number(new URL(auth.url).port) }).catch(
      error => error,
    )
    expect(failure).toMatchObject({
      code: 'OAUTH_INVALID_OPTION',
      message: expect.stringContaining('EADDRINUSE'),
    })
  })
})
