import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import axios from 'axios'
import { attachOAuth2, createOAuth2Session } from 'axios-oauth-interceptor'
import { accessTokenOf } from 'axios-oauth-interceptor/bridges/access-token'
import { azureCredential } from 'axios-oauth-interceptor/bridges/azure'
import { fetchWith } from 'axios-oauth-interceptor/bridges/fetch'
import { kiotaTokenProvider } from 'axios-oauth-interceptor/bridges/kiota'
import { mcpAuthProvider } from 'axios-oauth-interceptor/bridges/mcp'
import { dpop } from 'axios-oauth-interceptor/dpop'
import { type FakeSession, fakeSession } from 'axios-oauth-interceptor/testing'

interface Seen {
  method: string | undefined
  url: string | undefined
  authorization: string | undefined
  body: string
}

/** An API on a real socket that takes the tokens of a fake session. */
async function startApi(
  session: FakeSession,
  answer?: (request: IncomingMessage) => Record<string, unknown> | undefined,
) {
  const seen: Seen[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    const { method, url, headers } = request
    seen.push({ method, url, authorization: headers.authorization, body })
    const own = answer?.(request)
    const token = /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1] ?? ''
    const status = own ? (own.status as number) : session.server.isActive(token) ? 200 : 401
    response.writeHead(status, { 'content-type': 'application/json', ...(own?.headers as object) })
    response.end(JSON.stringify({ status, body }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    seen,
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

describe('fetchWith', () => {
  const running: { close(): Promise<void> }[] = []
  const api = async (session: FakeSession, ...rest: [Parameters<typeof startApi>[1]?]) => {
    const started = await startApi(session, ...rest)
    running.push(started)
    return started
  }
  afterEach(async () => {
    for (const one of running.splice(0)) await one.close()
  })

  it('sends the token, renews after a 401 and sends the same body again', async () => {
    const session = fakeSession()
    const { url, seen } = await api(session)
    const authorized = fetchWith(session, { allowedOrigins: url })
    session.server.revokeAccessTokens()
    const response = await authorized(`${url}/orders`, { method: 'POST', body: 'a=1' })
    expect(response.status).toBe(200)
    expect(seen.map(({ method, authorization, body }) => [method, authorization, body])).toEqual([
      ['POST', 'Bearer access-1', 'a=1'],
      ['POST', 'Bearer access-3', 'a=1'],
    ])
  })

  it('renews once for all, together with an attached axios instance', async () => {
    const session = fakeSession()
    const { url } = await api(session)
    const authorized = fetchWith(session, { allowedOrigins: url })
    const instance = axios.create({ baseURL: url })
    attachOAuth2(instance, session)
    session.expire()
    const all = Array.from({ length: 10 }, (_, n) => (n % 2 ? instance.get('/me') : authorized(`${url}/me`)))
    expect((await Promise.all(all)).map(({ status }) => status)).toEqual(Array(10).fill(200))
    expect(session.server.counts.token).toBe(1)
  })

  it('sends nothing to a stranger, and leaves an own Authorization and skipped requests alone', async () => {
    const session = fakeSession()
    const home = await api(session)
    const stranger = await api(session)
    const authorized = fetchWith(session, {
      allowedOrigins: home.url,
      skip: request => request.url.endsWith('/public'),
    })
    await authorized(`${stranger.url}/me`)
    await authorized(`${home.url}/public`)
    await authorized(`${home.url}/me`, { headers: { authorization: 'Bearer mine' } })
    expect([...stranger.seen, ...home.seen].map(({ authorization }) => authorization)).toEqual([
      undefined,
      undefined,
      'Bearer mine',
    ])
    expect(session.server.counts.token).toBe(0)
  })

  it('does not let a redirect carry the token to another origin', async () => {
    const session = fakeSession()
    const stranger = await api(session)
    const home = await api(session, () => ({ status: 302, headers: { location: `${stranger.url}/` } }))
    const authorized = fetchWith(session, { allowedOrigins: home.url })
    expect((await authorized(`${home.url}/me`)).status).toBe(401)
    expect(stranger.seen[0]?.authorization).toBeUndefined()
    expect(session.server.counts.token).toBe(0)
  })

  it('answers the 401 where the renewal fails, and rejects where there was never a token', async () => {
    const session = fakeSession()
    const { url } = await api(session)
    session.server.revokeEverything()
    expect((await fetchWith(session, { allowedOrigins: url })(`${url}/me`)).status).toBe(401)
    const nobody = fakeSession({ status: 'signed-out' })
    await expect(fetchWith(nobody, { allowedOrigins: url })(`${url}/me`)).rejects.toMatchObject({
      code: 'OAUTH_INTERACTION_REQUIRED',
    })
  })

  it('frees an aborted caller while the renewal goes on', async () => {
    const session = fakeSession()
    const { url } = await api(session)
    session.expire()
    const release = session.server.hold('token')
    const controller = new AbortController()
    const request = fetchWith(session, { allowedOrigins: url })(`${url}/me`, { signal: controller.signal })
    controller.abort()
    await expect(request).rejects.toThrow(/abort/i)
    release()
    await session.token()
    expect(session.server.counts.token).toBe(1)
  })

  it('sends a streamed body', async () => {
    const session = fakeSession()
    const { url, seen } = await api(session)
    const body = Readable.toWeb(Readable.from([Buffer.from('part')])) as ReadableStream
    const init = { method: 'PUT', body, duplex: 'half' } as RequestInit
    expect((await fetchWith(session, { allowedOrigins: url })(`${url}/file`, init)).status).toBe(200)
    expect(seen[0]?.body).toBe('part')
  })

  it('signs every send again with DPoP', async () => {
    const session = fakeSession()
    const proofs: unknown[] = []
    const { url } = await api(session, ({ headers }) => {
      proofs.push(headers.dpop)
      return { status: proofs.length === 1 ? 401 : 200 }
    })
    const bound = createOAuth2Session({
      server: session.server.metadata,
      http: session.server.http,
      client: { client_id: 'app' },
      tokenType: dpop(),
      grant: async () => ({ access_token: `dpop-${proofs.length}`, token_type: 'DPoP', expires_in: 60 }),
    })
    expect((await fetchWith(bound, { allowedOrigins: url })(`${url}/me`)).status).toBe(200)
    expect(new Set(proofs).size).toBe(2)
  })

  it('demands to know where the token may go', () => {
    expect(() => fetchWith(fakeSession())).toThrow(/allowedOrigins/)
    expect(() => fetchWith(fakeSession(), { allowedOrigins: 'http://api.example.com' })).toThrow(/https/)
  })
})

describe('mcpAuthProvider', () => {
  it('returns the token, renews a refused one, and returns none before a sign-in', async () => {
    const session = fakeSession()
    const provider = mcpAuthProvider(session)
    expect(await provider.token()).toBe('access-1')
    await provider.onUnauthorized()
    expect(await provider.token()).toBe('access-3')
    expect(session.server.counts.token).toBe(1)
    expect(await mcpAuthProvider(fakeSession({ status: 'signed-out' })).token()).toBeUndefined()
  })
})

describe('azureCredential', () => {
  it('has a token for each set of scopes, with its expiry in milliseconds', async () => {
    const session = fakeSession()
    const credential = azureCredential(session)
    const vault = await credential.getToken(['https://vault.azure.net/.default'])
    const again = await credential.getToken('https://vault.azure.net/.default')
    const graph = await credential.getToken('https://graph.microsoft.com/.default')
    expect(vault.token).toBe(again.token)
    expect(vault.token).not.toBe(graph.token)
    expect(vault.expiresOnTimestamp).toBe((session.clock() + 3600) * 1000)
    expect(session.server.tokenRequests.map(request => request.get('scope'))).toEqual([
      'https://vault.azure.net/.default',
      'https://graph.microsoft.com/.default',
    ])
  })

  it('renews with the claims of a challenge', async () => {
    const session = fakeSession()
    await azureCredential(session).getToken([], { claims: '{"access_token":{}}' })
    expect(session.server.tokenRequests[0]?.get('claims')).toBe('{"access_token":{}}')
  })
})

describe('kiotaTokenProvider', () => {
  it('gives the token to allowed URLs alone', async () => {
    const session = fakeSession()
    const provider = kiotaTokenProvider(session, { allowedOrigins: 'https://api.example.com/v1' })
    expect(await provider.getAuthorizationToken('https://api.example.com/v1/me')).toBe('access-1')
    expect(await provider.getAuthorizationToken('https://evil.example.com/v1/me')).toBe('')
    expect(await provider.getAuthorizationToken('nonsense')).toBe('')
    const hosts = provider.getAllowedHostsValidator()
    expect(hosts.getAllowedHosts()).toEqual(['api.example.com'])
    expect(hosts.isUrlHostValid('https://api.example.com/v2')).toBe(false)
    const claims = { claims: '{}' }
    expect(await provider.getAuthorizationToken('https://api.example.com/v1/me', claims)).toBe('access-3')
  })
})

describe('accessTokenOf', () => {
  it('answers a token that can be used now', async () => {
    const session = fakeSession()
    const token = accessTokenOf(session)
    expect(await token()).toBe('access-1')
    session.expire()
    expect(await token()).toBe('access-3')
  })
})
