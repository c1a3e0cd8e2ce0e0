import { createHash } from 'node:crypto'
import { startAuthorizationServer } from './authorization-server.js'
import { gate } from './gate.js'
import { type OidcProvider, startOidcProvider } from './oidc.js'
import { startResourceServer } from './resource-server.js'

async function post(url: string, parameters: Record<string, string>, headers: Record<string, string> = {}) {
  const response = await fetch(url, { method: 'POST', body: new URLSearchParams(parameters), headers })
  return { status: response.status, headers: response.headers, body: await response.text() }
}

const verifier = 'v'.repeat(43)
const challenge = createHash('sha256').update(verifier).digest('base64url')

describe('the authorization server in memory', () => {
  test('rotates, notices reuse and revokes the family', async () => {
    const server = await startAuthorizationServer()
    try {
      const first = server.issue()
      const refresh = (token: string | undefined) =>
        post(server.metadata.token_endpoint, {
          grant_type: 'refresh_token',
          refresh_token: token ?? '',
          client_id: 'app',
        })
      const second = JSON.parse((await refresh(first.refresh_token)).body)
      expect(server.isActive(second.access_token)).toBe(true)
      expect((await refresh(first.refresh_token)).status).toBe(400)
      expect(server.counts).toMatchObject({ token: 2, reuse: 1, grants: { refresh_token: 2 } })
      expect(server.isActive(second.access_token)).toBe(false)
      expect((await refresh(second.refresh_token)).status).toBe(400)
    } finally {
      await server.stop()
    }
  })

  test('a lost answer has spent the refresh token; a 503 has not', async () => {
    const server = await startAuthorizationServer()
    try {
      const form = (token = '') => ({ grant_type: 'refresh_token', refresh_token: token, client_id: 'app' })
      const { refresh_token } = server.issue()
      server.trouble({ status: 503, retryAfter: '1' })
      const unavailable = await post(server.metadata.token_endpoint, form(refresh_token))
      expect([unavailable.status, unavailable.headers.get('retry-after')]).toEqual([503, '1'])
      server.trouble('lost')
      await expect(post(server.metadata.token_endpoint, form(refresh_token))).rejects.toThrow()
      expect((await post(server.metadata.token_endpoint, form(refresh_token))).status).toBe(400)
      expect(server.counts.reuse).toBe(1)
    } finally {
      await server.stop()
    }
  })

  test('holds answers at a gate and checks PKCE and secrets', async () => {
    const server = await startAuthorizationServer()
    try {
      const door = gate()
      server.latency = () => door.wait()
      const redirect_uri = 'http://127.0.0.1:1/cb'
      const callback = await server.authorize(
        `${server.metadata.authorization_endpoint}?${new URLSearchParams({ client_id: 'app', redirect_uri, state: 's', code_challenge: challenge })}`,
      )
      const code = new URL(callback).searchParams.get('code') ?? ''
      const pending = post(server.metadata.token_endpoint, {
        grant_type: 'authorization_code',
        code,
        redirect_uri,
        client_id: 'app',
        code_verifier: verifier,
      })
      await door.arrived()
      expect(door.waiting).toBe(1)
      door.open()
      expect((await pending).status).toBe(200)
      const wrong = await post(
        server.metadata.token_endpoint,
        { grant_type: 'client_credentials' },
        { authorization: `Basic ${btoa('worker:wrong')}` },
      )
      expect(wrong.status).toBe(401)
    } finally {
      await server.stop()
    }
  })
})

test('the API counts effects, judges on arrival and can hold a late 401', async () => {
  let good = 'one'
  const api = await startResourceServer({ accepts: token => token === good })
  try {
    const send = (token: string) =>
      fetch(`${api.url}/x?id=7`, { headers: { authorization: `Bearer ${token}` } })
    const held = api.hold()
    const late = send('zero')
    await held.arrived()
    good = 'zero'
    held.open()
    expect((await late).status).toBe(401)
    expect((await send('zero')).status).toBe(200)
    expect((await send('zero')).status).toBe(200)
    expect(api.duplicates()).toEqual(['7'])
    expect(api.sends('zero')).toBe(3)
    expect(api.requests[0]).toMatchObject({ line: 'GET /x?id=7 HTTP/1.1', scheme: 'Bearer', token: 'zero' })
  } finally {
    await api.stop()
  }
})

describe('the certified provider', () => {
  let provider: OidcProvider
  beforeAll(async () => {
    provider = await startOidcProvider()
  })
  afterAll(() => provider.stop())

  test('signs in with code and PKCE, rotates, notices reuse', async () => {
    const callback = await provider.authorize(
      `${provider.issuer}/auth?${new URLSearchParams({
        client_id: 'spa',
        response_type: 'code',
        scope: 'openid profile',
        redirect_uri: provider.redirectUri,
        code_challenge: challenge,
        code_challenge_method: 'S256',
        state: 's',
      })}`,
    )
    const token = await post(`${provider.issuer}/token`, {
      grant_type: 'authorization_code',
      code: new URL(callback).searchParams.get('code') ?? '',
      redirect_uri: provider.redirectUri,
      client_id: 'spa',
      code_verifier: verifier,
    })
    const { refresh_token } = JSON.parse(token.body)
    const refresh = { grant_type: 'refresh_token', refresh_token, client_id: 'spa' }
    expect((await post(`${provider.issuer}/token`, refresh)).status).toBe(200)
    expect((await post(`${provider.issuer}/token`, refresh)).status).toBe(400)
    expect(await provider.stats()).toMatchObject({
      tokenRequests: 3,
      consumed: 1,
      reuse: 1,
      byGrant: { refresh_token: 2 },
    })
  })
})
