/** Every mistake that can be known beforehand is an error with a name, and nothing is sent. */
import { generateKeyPairSync } from 'node:crypto'
import axios from 'axios'
import { attachOAuth1, createOAuth1Session } from '../../src/axios/attach-oauth1'
import { isOAuthError, type OAuthErrorCode } from '../../src/errors'
import type { OAuth1Options } from '../../src/oauth1/options'
import { baseStringUri, signatureBaseString, signRequest } from '../../src/oauth1/sign-request'
import { plaintext } from '../../src/signature-methods/plaintext'
import { rsaSha1 } from '../../src/signature-methods/rsa-sha1'
import { rsaSha256 } from '../../src/signature-methods/rsa-sha256'
import { client, token, verifyingServer } from './server'

let server: Awaited<ReturnType<typeof verifyingServer>>
beforeAll(async () => {
  server = await verifyingServer()
})
afterAll(() => server.stop())
beforeEach(() => {
  server.arrivals.length = 0
})

const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' }

/** The error that stands behind a rejected request or a thrown error. */
async function reason(doing: () => unknown): Promise<{ code: OAuthErrorCode; message: string }> {
  try {
    await doing()
  } catch (error) {
    const cause = isOAuthError(error) ? error : (error as { cause?: unknown }).cause
    if (isOAuthError(cause)) return cause
    throw error
  }
  throw new Error('nothing was refused')
}

function api(options: Partial<OAuth1Options> = {}) {
  const instance = axios.create({ baseURL: server.url })
  attachOAuth1(instance, { client, token, ...options })
  return instance
}

describe('options', () => {
  const make = (options: object) => () =>
    attachOAuth1(axios.create({ baseURL: server.url }), options as OAuth1Options)

  test.each([
    ['no client', {}, 'client.key'],
    ['no key', { client: { key: '', secret: 'x' } }, 'client.key'],
    ['a method by name', { client, signatureMethod: 'HMAC-SHA1' }, 'signatureMethod'],
    ['a method that was not called', { client, signatureMethod: plaintext }, 'signatureMethod'],
    ['a method without a name', { client, signatureMethod: { sign: () => '' } }, 'signatureMethod'],
    ['an unknown placement', { client, placement: 'cookie' }, 'placement'],
    ['an unknown body hash', { client, bodyHash: 'sometimes' }, 'bodyHash'],
    ['an unknown hash', { client, bodyHash: { when: 'auto', hash: 'MD5' } }, 'bodyHash'],
    ['a parameter that signing sets', { client, protocolParameters: { oauth_nonce: 'x' } }, 'oauth_nonce'],
    [
      'a parameter that is not of the protocol',
      { client, protocolParameters: { callback: 'x' } },
      'callback',
    ],
    ['a token without its identifier', { client, token: { oauth_token_secret: 'x' } }, 'oauth_token'],
    [
      'an option in the words of another library',
      { client, signature_method: 'x' },
      'called signatureMethod',
    ],
    ['a consumer', { client, consumer: {} }, 'called client'],
    ['an option of nothing', { client, colour: 'red' }, 'no option called colour'],
    ['a line break in the realm', { client, realm: 'a\r\nX-Evil: 1' }, 'realm'],
  ])('%s', async (_, options, name) => {
    const error = await reason(make(options))
    expect(error.code).toBe('OAUTH_INVALID_OPTION')
    expect(error.message).toContain(name)
  })

  test('a clock that answers milliseconds', async () => {
    const error = await reason(() => api({ clock: Date.now }).get('/'))
    expect(error).toMatchObject({ code: 'OAUTH_INVALID_OPTION', message: expect.stringContaining('seconds') })
    expect(server.arrivals).toHaveLength(0)
  })

  test('PLAINTEXT over plain http; loopback and allowInsecure may', async () => {
    const options = { client, token, signatureMethod: plaintext() }
    const http = () => axios.create({ baseURL: 'http://api.example.com' })
    expect((await reason(() => attachOAuth1(http(), options))).code).toBe('OAUTH_INSECURE_URL')
    expect(
      (await reason(() => signRequest({ method: 'GET', url: 'http://api.example.com/' }, options))).code,
    ).toBe('OAUTH_INSECURE_URL')
    attachOAuth1(http(), { ...options, allowInsecure: ['http://api.example.com'] })
    attachOAuth1(axios.create({ baseURL: 'https://api.example.com' }), options)
    await api({ signatureMethod: plaintext() }).get('/')
    expect(server.arrivals[0]?.faults).toEqual([])
    // a signature shows no secret
    attachOAuth1(http(), { client, token })
  })

  test('no origin to go by', async () => {
    expect((await reason(() => attachOAuth1(axios.create(), { client }))).code).toBe('OAUTH_ORIGIN_REQUIRED')
  })
})

describe('RSA keys', () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 1024 })
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
  const builtin = process.getBuiltinModule
  const without = <T>(doing: () => T): T => {
    // as on Node 18 and in browsers
    Object.defineProperty(process, 'getBuiltinModule', { value: undefined, configurable: true })
    try {
      return doing()
    } finally {
      Object.defineProperty(process, 'getBuiltinModule', { value: builtin, configurable: true })
    }
  }

  test.each<[string, unknown]>([
    ['no key', undefined],
    ['an empty key', ''],
    ['no PEM', 'secret'],
    ['half a PEM', pem.slice(0, 200)],
    ['a damaged PEM', pem.replace(/\n[^-\n]/, '\n!')],
    ['a PEM of something else', '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----'],
    ['a public key', publicKey.export({ type: 'spki', format: 'pem' })],
    [
      'an encrypted key',
      privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' }),
    ],
    [
      'an encrypted PKCS#1 key',
      privateKey.export({ type: 'pkcs1', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' }),
    ],
    ['an EC key', ec.export({ type: 'sec1', format: 'pem' })],
    ['a public JWK', publicKey.export({ format: 'jwk' })],
    ['a JWK of another kind', ec.export({ format: 'jwk' })],
  ])('%s', async (_, key) => {
    for (const make of [() => rsaSha1(key as string), () => without(() => rsaSha1(key as string))]) {
      const error = await reason(make)
      expect(error).toMatchObject({
        code: 'OAUTH_INVALID_OPTION',
        message: expect.stringContaining('RSA key'),
      })
    }
  })

  test('a key of another kind, and what only begins like DER, at once on every platform', async () => {
    const junk = `-----BEGIN PRIVATE KEY-----\n${Buffer.from('0 is how DER begins').toString('base64')}\n-----END PRIVATE KEY-----`
    for (const wrong of [ec.export({ type: 'pkcs8', format: 'pem' }) as string, junk])
      for (const make of [() => rsaSha1(wrong), () => without(() => rsaSha1(wrong))])
        expect((await reason(make)).code).toBe('OAUTH_INVALID_OPTION')
  })

  test('a key that only the platform can tell to be useless: with the first request at the latest', async () => {
    // The header of an RSA key in PKCS#8, with something else in it.
    const header = '300d06092a864886f70d0101010500'
    const hollow = Buffer.from(`301a020100${header}04067365637265ff`, 'hex').toString('base64')
    const wrong = `-----BEGIN PRIVATE KEY-----\n${hollow}\n-----END PRIVATE KEY-----`
    expect((await reason(() => rsaSha1(wrong))).code).toBe('OAUTH_INVALID_OPTION')
    const late = without(() => rsaSha1(wrong))
    const error = await reason(() => api({ signatureMethod: late }).get('/'))
    expect(error.code).toBe('OAUTH_INVALID_OPTION')
    expect(server.arrivals).toHaveLength(0)
    // The text of the key must not show up in logs.
    expect(JSON.stringify(error) + error.message).not.toContain(wrong.slice(40, 50))
  })

  test('CryptoKeys made for something else', async () => {
    const der = privateKey.export({ type: 'pkcs8', format: 'der' }) as Buffer<ArrayBuffer>
    const load = (name: string, hash: string) =>
      crypto.subtle.importKey('pkcs8', der, { name, hash }, false, ['sign'])
    for (const key of [await load('RSASSA-PKCS1-v1_5', 'SHA-256'), await load('RSA-PSS', 'SHA-1')])
      expect((await reason(() => rsaSha1(key))).code).toBe('OAUTH_INVALID_OPTION')
    const spki = publicKey.export({ type: 'spki', format: 'der' }) as Buffer<ArrayBuffer>
    const open = await crypto.subtle.importKey(
      'spki',
      spki,
      { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-1' },
      false,
      ['verify'],
    )
    expect((await reason(() => rsaSha1(open))).code).toBe('OAUTH_INVALID_OPTION')
  })

  test('no Web Crypto: the error says what to pass', async () => {
    const method = without(() => rsaSha256(pem))
    const error = await reason(() => api({ signatureMethod: method, crypto: {} as Crypto }).get('/'))
    expect(error).toMatchObject({
      code: 'OAUTH_CRYPTO_MISSING',
      message: expect.stringContaining('pass `crypto`'),
    })
    expect(server.arrivals).toHaveLength(0)
  })
})

describe('requests', () => {
  const refused = async (doing: () => unknown, message: string | RegExp) => {
    const error = await reason(doing)
    expect(error.code).toBe('OAUTH_SIGNATURE_FAILED')
    expect(error.message).toMatch(message)
    expect(server.arrivals).toHaveLength(0)
  }

  test.each(['JSON', 'multipart', 'bytes', 'stream'])(
    'protocol parameters cannot go into a body of %s',
    kind => {
      const { Readable } = require('node:stream') as typeof import('node:stream')
      const body = {
        JSON: [{ a: 1 }],
        multipart: [new FormData()],
        bytes: [Buffer.from([1, 2]), { headers: { 'Content-Type': 'application/octet-stream' } }],
        stream: [Readable.from(['a=b'])],
      }[kind] as [unknown, object?]
      return refused(() => api({ placement: 'body' }).post('/', ...body), 'needs a form body')
    },
  )

  test.each(['%zz', 'a=%4&b=1', 'a=100%-of', '%'.repeat(3)])('a %% that does not begin an escape: %j', wire =>
    Promise.all([
      refused(() => api().get(`/?${wire}`), 'does not begin an escape'),
      refused(() => api().post('/', wire, { headers: FORM }), 'does not begin an escape'),
      refused(() => api().post('/', Buffer.from(wire), { headers: FORM }), 'does not begin an escape'),
    ]),
  )

  test.each(['oauth_nonce', 'oauth_signature', 'oauth_token', 'oauth_timestamp', 'oauth%5Fversion'])(
    'a parameter of its own named %s',
    name =>
      Promise.all([
        refused(() => api().get(`/?a=1&${name}=x`), 'of its own'),
        refused(() => api().post('/', `${name}=x`, { headers: FORM }), 'of its own'),
        refused(() => api().get(`/?${name}`), 'of its own'),
      ]),
  )

  test('oauth_body_hash of its own only where one is sent', async () => {
    await refused(() => api({ bodyHash: 'auto' }).get('/?oauth_body_hash=x'), 'of its own')
    await api().get('/?oauth_body_hash=x')
    expect(server.arrivals[0]?.faults).toEqual([])
  })

  test('a body hash of a stream that must have one', () => {
    const { Readable } = require('node:stream') as typeof import('node:stream')
    return refused(() => api({ bodyHash: 'always' }).post('/', Readable.from(['x'])), 'no body hash')
  })

  test('a SHA-256 body hash without Web Crypto', async () => {
    const error = await reason(() =>
      api({ bodyHash: { when: 'always', hash: 'SHA-256' }, crypto: {} as Crypto, nonce: () => 'n' }).get('/'),
    )
    expect(error).toMatchObject({
      code: 'OAUTH_CRYPTO_MISSING',
      message: expect.stringContaining('pass `crypto`'),
    })
    expect(server.arrivals).toHaveLength(0)
  })

  test.each([
    '//example.com/',
    'example.com/',
    'http://',
    'http://example.com:99999/',
    'ftp://example.com/',
    'http:///path?',
  ])('a URL that has no base string: %s', async url => {
    if (url === 'http:///path?') return expect(baseStringUri(url)).toBe('http://path/')
    for (const sign of [
      () => baseStringUri(url),
      () => signatureBaseString('GET', url),
      () => signRequest({ method: 'GET', url }, { client }),
    ])
      expect((await reason(sign)).code).toBe('OAUTH_SIGNATURE_FAILED')
  })

  test('what a signature method of one’s own throws', async () => {
    const signatureMethod = { name: 'X', sign: () => Promise.reject(new Error('the HSM is away')) }
    await refused(() => api({ signatureMethod }).get('/'), 'the HSM is away')
  })
})

describe('sessions', () => {
  const server = {
    request_token_url: 'https://x.test/r',
    authorize_url: 'https://x.test/a',
    access_token_url: 'https://x.test/t',
  }
  test.each([
    ['no key', { server, client: { key: '' } }],
    ['no server', { client }],
    ['no authorize_url', { server: { ...server, authorize_url: '' }, client }],
    [
      'a shared store without a key',
      { server, client, store: { get() {}, set() {}, delete() {}, shared: true } },
    ],
    ['a clock in milliseconds', { server, client, clock: Date.now }],
    ['a token, which a session keeps itself', { server, client, token }],
    ['a name in snake case', { server, client, max_wait: 3 }],
  ])('%s', async (_, options) => {
    expect((await reason(() => createOAuth1Session(options as never))).code).toBe('OAUTH_INVALID_OPTION')
  })
})
