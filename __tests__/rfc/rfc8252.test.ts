import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type BrowserSignInOptions, signInWithBrowser } from '../../src/cli'
import { browserCommands } from '../../src/cli/open-browser'
import { refusal, send, sessionAt } from '../cli/support'
import { type AuthorizationServer, startAuthorizationServer } from '../servers/authorization-server'

let auth: AuthorizationServer
beforeEach(async () => {
  auth = await startAuthorizationServer()
})
afterEach(() => auth.stop())

/** Signs in; the person looks at the authorization URL before they agree. */
async function signIn(
  options: BrowserSignInOptions = {},
  look: (url: URL, redirect: string) => unknown = () => {},
) {
  const result = { redirect: '', url: new URL('http://none') }
  await signInWithBrowser(sessionAt(auth), {
    ...options,
    async open(address) {
      const url = new URL(address)
      const redirect = url.searchParams.get('redirect_uri') ?? ''
      Object.assign(result, { url, redirect })
      await look(url, redirect)
      await send(await auth.authorize(address))
    },
  })
  return result
}

describe('RFC 8252 OAuth 2.0 for Native Apps', () => {
  test("section 6: the request opens in the person's own browser, and no page of the program's", () => {
    const url = 'https://auth.example.com/authorize'
    const programs = ['linux', 'darwin', 'win32'].map(
      platform => browserCommands(url, { platform, environment: {} })[0]?.[0],
    )
    expect(programs).toEqual(['xdg-open', 'open', 'C:\\Windows\\System32\\rundll32.exe'])
  })

  test('section 7.3: http, the loopback IP literal, and the port the program listens on', async () => {
    const { redirect } = await signIn({}, async (_, redirect) =>
      expect((await send(redirect)).status).toBe(400),
    )
    expect(redirect).toMatch(/^http:\/\/127\.0\.0\.1:\d+\//)
    expect((await signIn({ host: '[::1]' })).redirect).toMatch(/^http:\/\/\[::1\]:\d+\//)
  })

  test('section 7.3: an ephemeral port from the operating system for each request', async () => {
    let other = ''
    const { redirect } = await signIn({}, async () => {
      other = (await signIn()).redirect
    })
    expect(other).not.toBe(redirect)
  })

  test('section 8.1: PKCE protects every code', async () => {
    const { url } = await signIn()
    expect(url.searchParams.get('code_challenge_method')).toBe('S256')
    expect(auth.requests[0]?.parameters.get('code_verifier')).toMatch(/^[\w-]{43}$/)
    const without = signInWithBrowser(sessionAt(auth), { parameters: { pkce: false }, open: () => {} })
    await expect(without).rejects.toMatchObject({ code: 'OAUTH_INVALID_OPTION' })
  })

  test('section 8.2: no implicit flow', async () => {
    const implicit = signInWithBrowser(sessionAt(auth), {
      parameters: { response_type: 'token' },
      open: () => {},
    })
    await expect(implicit).rejects.toMatchObject({ code: 'OAUTH_INVALID_OPTION' })
  })

  test('section 8.3: the port opens when the request starts and closes when the answer is there', async () => {
    const { redirect } = await signIn({}, async (_, redirect) =>
      expect(await refusal(redirect)).toBeUndefined(),
    )
    expect(await refusal(redirect)).toBe('ECONNREFUSED')
  })

  test('section 8.3: listens on the loopback interface only', async () => {
    const { redirect } = await signIn({}, (_, redirect) => {
      const { port } = new URL(redirect)
      // somebody else can still take the port on another address, so it is not taken on all
      const server = createServer()
      return new Promise<void>((resolve, reject) => {
        server.once('error', reject)
        server.listen(Number(port), '127.0.0.2', () => {
          expect((server.address() as AddressInfo).port).toBe(Number(port))
          server.close(() => resolve())
        })
      })
    })
    expect(redirect).toBeTruthy()
  })

  test('section 8.3: localhost is NOT RECOMMENDED', async () => {
    const named = signInWithBrowser(sessionAt(auth), { host: 'localhost' as '127.0.0.1', open: () => {} })
    await expect(named).rejects.toMatchObject({ code: 'OAUTH_INVALID_OPTION' })
  })

  test('section 8.5: a client that is not confidential sends no secret', async () => {
    await signIn()
    expect(auth.requests[0]?.headers.authorization).toBeUndefined()
    expect(auth.requests[0]?.parameters.has('client_secret')).toBe(false)
  })

  test('section 8.9: state, which other programs cannot guess', async () => {
    const [one, other] = [await signIn(), await signIn()].map(({ url }) => url.searchParams.get('state'))
    expect(one).toMatch(/^[\w-]{43}$/)
    expect(one).not.toBe(other)
  })

  test('section 8.10: the answer of another authorization server is refused before the code is sent', async () => {
    const mixedUp = signInWithBrowser(sessionAt(auth), {
      async open(address) {
        const { searchParams } = new URL(address)
        const answer = { code: 'x', state: searchParams.get('state') ?? '', iss: 'https://evil.example' }
        await send(`${searchParams.get('redirect_uri')}?${new URLSearchParams(answer)}`)
      },
    })
    await expect(mixedUp).rejects.toMatchObject({ code: 'OAUTH_ISSUER_MISMATCH' })
    expect(auth.counts.token).toBe(0)
  })
})
