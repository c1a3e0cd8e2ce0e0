import { execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import * as https from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import { serverClient } from '../../src/axios/server-client.js'
import { registerClient } from '../../src/oauth2/registration.js'
import { callEndpoint } from '../../src/server/call.js'
import { tlsClientAuth } from '../../src/server/client-auth/tls-client-auth.js'
import { answer, errorOf, scripted } from '../oauth2/support.js'
import { optional } from '../support/optional.js'

const aliases = {
  token_endpoint: 'https://mtls.as.example/token',
  revocation_endpoint: 'https://mtls.as.example/revoke',
}
const server = {
  issuer: 'https://as.example',
  token_endpoint: 'https://as.example/token',
  revocation_endpoint: 'https://as.example/revoke',
  introspection_endpoint: 'https://as.example/introspect',
}

describe('RFC 8705 OAuth 2.0 Mutual-TLS Client Authentication', () => {
  test.each(['token', 'revocation', 'introspection', 'device', 'par', 'backchannel'] as const)(
    'section 2: all requests MUST include client_id, and nothing else that authenticates: %s',
    async endpoint => {
      const context = scripted([answer(200)], {
        clientAuth: tlsClientAuth(),
        client: { client_id: 'app', client_secret: 'unused' },
        server: {
          ...server,
          device_authorization_endpoint: 'https://as.example/device',
          pushed_authorization_request_endpoint: 'https://as.example/par',
          backchannel_authentication_endpoint: 'https://as.example/bc',
        },
      })
      await callEndpoint(context, endpoint, { x: 'y' })
      const { body, headers } = context.sent[0] as { body: URLSearchParams; headers: Record<string, string> }
      expect(Object.fromEntries(body)).toEqual({ x: 'y', client_id: 'app' })
      expect(headers.Authorization).toBeUndefined()
    },
  )

  test('section 2.1.2: a client of tls_client_auth MUST register exactly one subject', async () => {
    const registered = { client_id: 'app' }
    const context = scripted([answer(201, registered)], {
      server: { registration_endpoint: 'https://as.example/register' },
    })
    const method = { token_endpoint_auth_method: 'tls_client_auth' }
    const one = { tls_client_auth_subject_dn: 'CN=app' }
    const other = { tls_client_auth_san_dns: 'app.example' }
    for (const wrong of [method, { ...method, tls_client_auth_san_ip: '' }, { ...method, ...one, ...other }])
      expect((await errorOf(() => registerClient(context, wrong))).code).toBe('OAUTH_INVALID_OPTION')
    expect(context.sent).toEqual([])
    for (const right of [one, other, { tls_client_auth_san_uri: 'https://app.example' }])
      expect(await registerClient(context, { ...method, ...right })).toEqual(registered)
    await registerClient(context, { token_endpoint_auth_method: 'self_signed_tls_client_auth' })
    // its claims may hold it
    await registerClient(context, { ...method, software_statement: 'e30.e30.' })
    expect(context.sent).toHaveLength(5)
  })

  test.each([
    ['token', aliases.token_endpoint],
    ['revocation', aliases.revocation_endpoint],
    ['introspection', server.introspection_endpoint],
  ] as const)(
    'section 5: MUST use the alias where there is one, else the endpoint: %s',
    async (endpoint, url) => {
      const context = scripted([answer(200)], {
        clientAuth: tlsClientAuth(),
        server: { ...server, mtls_endpoint_aliases: aliases },
      })
      await callEndpoint(context, endpoint, {})
      expect(context.sent[0]?.url.href).toBe(url)
    },
  )

  test('section 5: other clients do not use the aliases', async () => {
    const context = scripted([answer(200)], { server: { ...server, mtls_endpoint_aliases: aliases } })
    await callEndpoint(context, 'token', {})
    expect(context.sent[0]?.url.href).toBe(server.token_endpoint)
  })

  test('section 5: an alias that is no https URL is refused', async () => {
    const context = scripted([answer(200)], {
      clientAuth: tlsClientAuth(),
      server: { ...server, mtls_endpoint_aliases: { token_endpoint: 'http://mtls.as.example/token' } },
    })
    await expect(callEndpoint(context, 'token', {})).rejects.toMatchObject({ code: 'OAUTH_INSECURE_URL' })
    expect(context.sent).toEqual([])
  })

  let hasOpenssl = true
  try {
    execFileSync('openssl', ['version'])
  } catch {
    hasOpenssl = false
  }
  optional(
    'openssl',
    hasOpenssl,
    'apt-get install openssl',
  )('on the wire', () => {
    const folder = mkdtempSync(join(tmpdir(), 'rfc8705-'))
    const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' })
    const read = (name: string) => readFileSync(join(folder, name), 'utf8')
    const certificate = (name: string, subject: string, ...more: string[]) =>
      openssl(
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:P-256',
        '-nodes',
        '-keyout',
        `${name}.key`,
        '-out',
        `${name}.crt`,
        '-subj',
        subject,
        '-days',
        '2',
        ...more,
      )
    let tls: https.Server
    let url = ''
    const seen: Array<{ fingerprint: string | undefined; path: string | undefined }> = []

    beforeAll(async () => {
      certificate('server', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1')
      certificate('client', '/CN=app')
      tls = https.createServer(
        { key: read('server.key'), cert: read('server.crt'), requestCert: true, rejectUnauthorized: false },
        (request, response) => {
          const { fingerprint256 } = (request.socket as TLSSocket).getPeerCertificate()
          seen.push({ fingerprint: fingerprint256, path: request.url })
          response.end('{"access_token":"a","token_type":"Bearer"}')
        },
      )
      await new Promise<void>(ready => tls.listen(0, '127.0.0.1', ready))
      url = `https://127.0.0.1:${(tls.address() as AddressInfo).port}`
    })
    afterAll(async () => {
      await new Promise(done => tls.close(done))
      rmSync(folder, { recursive: true })
    })

    test('section 2: the connection MUST be authenticated by the certificate: that of the agent is presented, at the alias', async () => {
      const agent = new https.Agent({
        cert: read('client.crt'),
        key: read('client.key'),
        ca: read('server.crt'),
        keepAlive: false,
      })
      const context = scripted([], {
        clientAuth: tlsClientAuth({ agent }),
        server: { token_endpoint: `${url}/plain`, mtls_endpoint_aliases: { token_endpoint: `${url}/mtls` } },
        send: serverClient(undefined).send,
      })
      expect((await callEndpoint(context, 'token', {})).status).toBe(200)
      expect(seen).toEqual([
        { path: '/mtls', fingerprint: new X509Certificate(read('client.crt')).fingerprint256 },
      ])
    })
  })
})
