/** An independent provider, Python's oauthlib, verifies what real axios instances send. */
import { generateKeyPairSync } from 'node:crypto'
import { join } from 'node:path'
import axios, { type AxiosInstance } from 'axios'
import axios021 from 'axios-0-21'
import axios12 from 'axios-1-2'
import { attachOAuth1, createOAuth1Session } from '../../src/axios/attach-oauth1'
import type { OAuth1Session, OAuth1SessionOptions } from '../../src/oauth1/session-options'
import {
  createOAuth1AuthorizationUrl,
  fetchOAuth1RequestToken,
  fetchOAuth1Token,
} from '../../src/oauth1/sign-in'
import { hmacSha1 } from '../../src/signature-methods/hmac-sha1'
import { hmacSha256 } from '../../src/signature-methods/hmac-sha256'
import { hmacSha512 } from '../../src/signature-methods/hmac-sha512'
import { plaintext } from '../../src/signature-methods/plaintext'
import { rsaSha1 } from '../../src/signature-methods/rsa-sha1'
import { rsaSha256 } from '../../src/signature-methods/rsa-sha256'
import { rsaSha512 } from '../../src/signature-methods/rsa-sha512'
import { optional } from '../support/optional'
import { pythonWith, startPython } from '../support/python'

const python = pythonWith('oauthlib.oauth1, jwt, cryptography')

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
const client = { key: 'clientkey0123456789abcdef', secret: 'client & secret/+%' }
// oauthlib decodes oauth_ parameters of a query or body once too often, so what is not encoded twice must
// have no escapes
const plainClient = { key: 'plainkey0123456789abcdef0', secret: 'plainsecret' }
const verifier = 'verifier0123456789abcdef'
const methods = [
  hmacSha1(),
  hmacSha256(),
  hmacSha512(),
  rsaSha1(pem),
  rsaSha256(pem),
  rsaSha512(pem),
  plaintext(),
]
const placements = ['header', 'query', 'body'] as const

optional(
  'python3 with oauthlib',
  !!python,
  'apt-get install python3-oauthlib',
)('oauthlib accepts', () => {
  let server: Awaited<ReturnType<typeof startPython>>
  let url: string
  beforeAll(async () => {
    server = await startPython(python, join(__dirname, 'oauthlib_server.py'), {
      PUBLIC_KEY: publicKey.export({ type: 'spki', format: 'pem' }) as string,
    })
    url = server.url
  }, 30_000)
  afterAll(() => server.stop())

  const open = (options: Partial<OAuth1SessionOptions> = {}) =>
    createOAuth1Session({
      client,
      server: {
        request_token_url: `${url}/request_token`,
        authorize_url: `${url}/authorize`,
        access_token_url: `${url}/access_token`,
      },
      ...options,
    })

  async function signedIn(options: Partial<OAuth1SessionOptions>): Promise<OAuth1Session> {
    const session = open(options)
    const { url: page, transaction } = await createOAuth1AuthorizationUrl(session, {
      callback: 'https://app.test/cb',
    })
    const oauth_token = new URL(page).searchParams.get('oauth_token') as string
    const authorizationResponse = `https://app.test/cb?${new URLSearchParams({ oauth_token, oauth_verifier: verifier })}`
    expect(await fetchOAuth1Token(session, { authorizationResponse, transaction })).toMatchObject({
      user: 'jane',
    })
    return session
  }

  describe.each(methods)('$name', signatureMethod => {
    test.each(placements)('sign-in and requests in the %s', async placement => {
      const session = await signedIn({
        signatureMethod,
        placement,
        client: signatureMethod.plain ? plainClient : client,
      })
      const api = axios.create({ baseURL: url })
      attachOAuth1(api, session)
      const answers = await Promise.all([
        api.get('/a', { params: { b: ['c d', 'é'], '~': "!*'()", empty: '' } }),
        api.get('/a;b/%7Ec?x=1&x=0&y=%2B+%25'),
        api.post(
          '/form?q=1',
          { a: '1 2', b: '&=%' },
          { headers: { 'Content-Type': 'application/x-www-form-urlencoded' } },
        ),
        api.put('/form', new URLSearchParams({ a: '日本' })),
        ...(placement === 'body' ? [] : [api.post('/json', { a: 1 }), api.delete('/a')]),
      ])
      for (const { data } of answers) expect(data).toMatchObject({ valid: true })
    })
  })

  test.each<[string, unknown]>([
    ['0.21.4', axios021],
    ['1.2.6', axios12],
  ])('requests of axios %s', async (_, library) => {
    const session = await signedIn({ realm: 'default' })
    const api = (library as { create(config: object): AxiosInstance }).create({ baseURL: `${url}/base` })
    attachOAuth1(api, session)
    expect((await api.get('/x', { params: { a: 'b c', d: '+' } })).data.valid).toBe(true)
    expect((await api.post('/x', 'a=b+c&a=a')).data.valid).toBe(true)
  })

  test('a body hash, an absent version, further parameters', async () => {
    const session = await signedIn({
      version: false,
      bodyHash: 'auto',
      protocolParameters: { oauth_extra: 'x' } as never,
    })
    const api = axios.create({ baseURL: url })
    attachOAuth1(api, session)
    expect((await api.post('/x', { a: 1 })).data.valid).toBe(true)
    expect((await api.get('/x?a=b')).data.valid).toBe(true)
  })

  test('and it says no to a wrong secret, so that its yes means something', async () => {
    const session = await signedIn({})
    const { oauth_token } = await session.token()
    const api = axios.create({ baseURL: url, validateStatus: () => true })
    attachOAuth1(api, { client, token: { oauth_token, oauth_token_secret: 'wrong' } })
    expect((await api.get('/x')).data).toMatchObject({
      valid: false,
      log: { signature: false, resource_owner: true },
    })
    const wrong = open({ client: { ...client, secret: 'wrong' } })
    await expect(fetchOAuth1RequestToken(wrong)).rejects.toMatchObject({
      code: 'OAUTH_SERVER_REFUSED',
      status: 401,
    })
  })
})
