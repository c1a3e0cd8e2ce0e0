import { createHash, generateKeyPairSync } from 'node:crypto'
import { Readable } from 'node:stream'
import { inspect } from 'node:util'
import axios, { type AxiosInstance } from 'axios'
import axiosRetry from 'axios-retry'
import FormDataPackage from 'form-data'
import { outgoing } from '../../src/auth/plain-request'
import { attachOAuth1, createOAuth1Session } from '../../src/axios/attach-oauth1'
import { createOAuth2Session } from '../../src/axios/attach-oauth2'
import { saveOAuth1Token } from '../../src/oauth1/credentials'
import { nonces } from '../../src/oauth1/nonce'
import type { OAuth1Options } from '../../src/oauth1/options'
import { withoutParameters } from '../../src/oauth1/placement'
import { oauth1Scheme } from '../../src/oauth1/scheme'
import { signatureBaseString, signRequest } from '../../src/oauth1/sign-request'
import { hmacSha1 } from '../../src/signature-methods/hmac-sha1'
import { hmacSha256 } from '../../src/signature-methods/hmac-sha256'
import { hmacSha512 } from '../../src/signature-methods/hmac-sha512'
import { plaintext } from '../../src/signature-methods/plaintext'
import { rsaSha1 } from '../../src/signature-methods/rsa-sha1'
import { rsaSha256 } from '../../src/signature-methods/rsa-sha256'
import { rsaSha512 } from '../../src/signature-methods/rsa-sha512'
import { sized } from '../support/long'
import { client, token, verifyingServer } from './server'

const keys = generateKeyPairSync('rsa', { modulusLength: 1024 })
const pem = keys.privateKey.export({ type: 'pkcs1', format: 'pem' }) as string

let server: Awaited<ReturnType<typeof verifyingServer>>
beforeAll(async () => {
  server = await verifyingServer({
    client: client.secret,
    token: token.oauth_token_secret,
    publicKey: keys.publicKey,
  })
})
afterAll(() => server.stop())
beforeEach(() => {
  server.arrivals.length = 0
  server.answer = undefined
})

const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' }

function api(options: Partial<OAuth1Options> = {}, config = {}): AxiosInstance {
  const instance = axios.create({ baseURL: server.url, ...config })
  attachOAuth1(instance, { client, token, ...options })
  return instance
}

/** The last request, which must have been signed rightly. */
function good() {
  const last = server.arrivals[server.arrivals.length - 1]
  expect(last?.faults).toEqual([])
  return last as NonNullable<typeof last>
}

describe('signature methods', () => {
  const methods = {
    'HMAC-SHA1': hmacSha1(),
    'HMAC-SHA256': hmacSha256(),
    'HMAC-SHA512': hmacSha512(),
    'RSA-SHA1': rsaSha1(pem),
    'RSA-SHA256': rsaSha256(pem),
    'RSA-SHA512': rsaSha512(pem),
    PLAINTEXT: plaintext(),
  }
  for (const placement of ['header', 'query', 'body'] as const)
    test.each(Object.entries(methods))(`%s in the ${placement}`, async (name, signatureMethod) => {
      const { headers } = await api({ signatureMethod, placement }).post('/a?b=c', 'd=e')
      expect(headers).toBeDefined()
      expect(good()).toMatchObject({
        place: placement,
        protocol: { oauth_signature_method: name, ...{ oauth_version: '1.0' } },
      })
    })

  test('one of one’s own, asynchronous, gets base string, key and crypto', async () => {
    const sign = jest.fn(async (_base: string, _key: string, _crypto: unknown) => 'own/signature')
    await api({ signatureMethod: { name: 'OWN', sign } }).get('/?x=1')
    const [[base, key, crypto]] = sign.mock.calls as [[string, string, unknown]]
    expect(base).toBe(server.arrivals[0]?.base)
    expect(key).toBe(`${client.secret}&${token.oauth_token_secret}`)
    expect(crypto).toBe(globalThis.crypto)
    expect(server.arrivals[0]?.protocol).toMatchObject({
      oauth_signature_method: 'OWN',
      oauth_signature: 'own/signature',
    })
  })

  test('PLAINTEXT builds no base string, so nothing in the request can be in its way', async () => {
    await api({ signatureMethod: plaintext() }).get('/?a=%zz')
    expect(server.arrivals[0]?.protocol.oauth_signature).toBe(`${client.secret}&${token.oauth_token_secret}`)
  })

  test('secrets that are not there count as empty', async () => {
    const request = { method: 'GET', url: 'https://x.test/' }
    const plain = { signatureMethod: plaintext(), ...{ clock: () => 1, nonce: () => 'n' } }
    const signature = async (options: OAuth1Options) =>
      /oauth_signature="([^"]*)"/.exec(
        (await signRequest(request, { ...plain, ...options })).headers.authorization ?? '',
      )?.[1]
    expect(await signature({ client: { key: 'k' } })).toBe('%26')
    expect(await signature({ client: { key: 'k', secret: 'a b' }, token: { oauth_token: 't' } })).toBe(
      'a%2520b%26',
    )
  })

  test('without Node’s crypto the same signatures come out', async () => {
    const builtin = process.getBuiltinModule
    Object.defineProperty(process, 'getBuiltinModule', { value: undefined, configurable: true })
    try {
      for (const [make, publicKey] of [[hmacSha1], [hmacSha256], [hmacSha512], [() => rsaSha256(pem)]] as [
        () => ReturnType<typeof hmacSha1>,
        unknown?,
      ][]) {
        expect(publicKey).toBeUndefined()
        await api({ signatureMethod: make() }).post(`/${'long'.repeat(50)}?${'a=b&'.repeat(100)}`, 'x=y')
        good()
      }
    } finally {
      Object.defineProperty(process, 'getBuiltinModule', { value: builtin, configurable: true })
    }
  })

  test('without any crypto HMAC and PLAINTEXT work, with nonces of their own', async () => {
    const known = Object.getOwnPropertyDescriptor(globalThis, 'crypto') as PropertyDescriptor
    const builtin = process.getBuiltinModule
    Object.defineProperty(process, 'getBuiltinModule', { value: undefined, configurable: true })
    Object.defineProperty(globalThis, 'crypto', { value: undefined, configurable: true })
    try {
      for (const signatureMethod of [hmacSha1(), hmacSha256(), hmacSha512(), plaintext()]) {
        const instance = api({ signatureMethod })
        await instance.get('/')
        await instance.get('/')
        good()
      }
    } finally {
      Object.defineProperty(globalThis, 'crypto', known)
      Object.defineProperty(process, 'getBuiltinModule', { value: builtin, configurable: true })
    }
    expect(new Set(server.arrivals.map(({ protocol }) => protocol.oauth_nonce)).size).toBe(8)
  })

  test('a key is imported once', async () => {
    const builtin = process.getBuiltinModule
    Object.defineProperty(process, 'getBuiltinModule', { value: undefined, configurable: true })
    const load = jest.spyOn(crypto.subtle, 'importKey')
    try {
      const instance = api({ signatureMethod: rsaSha1(pem) })
      await Promise.all([instance.get('/'), instance.get('/'), instance.get('/')])
      await instance.get('/')
      good()
      expect(load).toHaveBeenCalledTimes(1)
    } finally {
      load.mockRestore()
      Object.defineProperty(process, 'getBuiltinModule', { value: builtin, configurable: true })
    }
  })
})

describe('what is written', () => {
  const at = { clock: () => 1191242096.9, nonce: () => 'n/once' }

  test('the parameters in their usual order, each once', async () => {
    await api({
      ...at,
      bodyHash: 'always',
      protocolParameters: { oauth_callback: 'https://a.test/?b=%20', oauth_verifier: 'v' },
    }).get('/')
    const { headers } = good()
    expect([...`${headers.authorization}`.matchAll(/(\w+)="/g)].map(match => match[1])).toEqual([
      'oauth_nonce',
      'oauth_timestamp',
      'oauth_version',
      'oauth_signature_method',
      'oauth_consumer_key',
      'oauth_token',
      'oauth_callback',
      'oauth_verifier',
      'oauth_body_hash',
      'oauth_signature',
    ])
    expect(server.arrivals[0]?.protocol).toMatchObject({
      oauth_callback: 'https://a.test/?b=%20',
      oauth_timestamp: '1191242096',
      oauth_nonce: 'n/once',
    })
  })

  test('without a token, and with empty parameters, these are left out', async () => {
    await api({ token: undefined as never, protocolParameters: { oauth_callback: '' } }).get('/')
    expect(Object.keys(server.arrivals[0]?.protocol ?? {})).not.toEqual(
      expect.arrayContaining(['oauth_token', 'oauth_callback']),
    )
    expect(server.arrivals[0]?.headers.authorization).not.toMatch(/oauth_token|oauth_callback/)
  })

  test('realm only in the header, and not signed', async () => {
    await api({ realm: '123"45\\_SB1' }).get('/')
    expect(good().realm).toBe('123"45\\_SB1')
    expect(good().base).not.toContain('realm')
    for (const placement of ['query', 'body'] as const) {
      await api({ realm: 'nowhere', placement }).post('/', 'a=b')
      const { target, body, headers } = good()
      expect(`${target} ${body} ${headers.authorization}`).not.toContain('nowhere')
    }
  })

  test('the query that was there stays byte for byte', async () => {
    const wire = "a=1&&b&=c&d=%c3%a9+~'[x]&$filter=a,b:c"
    await api({ placement: 'query', lenient: true }).get(`/p?${wire}&e=%`)
    const { target } = good()
    // an apostrophe is what some parsers escape and others do not
    expect(target.startsWith(`/p?${wire.replace("'", '%27')}&e=%&oauth_nonce=`)).toBe(true)
    const { url } = await signRequest(
      { method: 'GET', url: 'https://x.test/p?q=1#part' },
      { client, placement: 'query' },
    )
    expect(url).toMatch(/^https:\/\/x\.test\/p\?q=1&oauth_nonce=.*#part$/)
    expect(
      (await signRequest({ method: 'GET', url: 'https://x.test' }, { client, placement: 'query' })).url,
    ).toMatch(/^https:\/\/x\.test\/\?oauth_/)
  })

  test('parameters of an earlier signature in the query are replaced: a redirect, or a link to the next page', async () => {
    const instance = api({ placement: 'query' })
    const first = await signRequest(
      { method: 'GET', url: `${server.url}/list?page=2` },
      { client, token, placement: 'query' },
    )
    await instance.get(first.url)
    expect(good().target).toMatch(/^\/list\?page=2&oauth_nonce=/)
    expect(good().target.match(/oauth_signature=/g)).toHaveLength(1)
    expect(withoutParameters('https://x.test/p?oauth%5Fnonce=1', ['oauth_nonce'])).toBe('https://x.test/p')
  })

  test('an empty oauth_token, which some servers want without token credentials', async () => {
    await api({ token: { oauth_token: '' } }).get('/')
    expect(server.arrivals[0]?.protocol).toMatchObject({ oauth_token: '' })
    expect(server.arrivals[0]?.headers.authorization).toContain('oauth_token=""')
    expect(server.arrivals[0]?.base).toContain('%26oauth_token%3D%26')
  })

  test('an empty body becomes a form where the parameters go into it', async () => {
    await api({ placement: 'body' }).post('/')
    expect(good()).toMatchObject({ place: 'body', headers: { 'content-type': FORM['Content-Type'] } })
    await api({ placement: 'body' }).post('/', 'a=1&b=é', {
      headers: { 'Content-Type': `${FORM['Content-Type']}; charset=UTF-8`, 'Content-Length': '9' },
    })
    const { body, headers } = good()
    expect(`${body}`).toMatch(/^a=1&b=é&oauth_nonce=/)
    expect(headers['content-type']).toBe(`${FORM['Content-Type']}; charset=UTF-8`)
    expect(headers['content-length']).toBe(`${body.length}`)
  })
})

describe('what is signed', () => {
  test.each([
    ['a name that goes on where another ends', 'a=3&a%20b=1&a-b=2&a.=4&a=%21&a=b&A=1&a%3D=5&a%253=6'],
    ['repeated and empty keys, keys without a value, empty pairs', 'b&b=&b=2&b=1&&=x&=&'],
    ['equals signs in a value', 'a=b=c&a=b==&q===='],
    ['escapes in any case, of anything', '%61=%7e%7E%2D&%C3%a9=%e9&x=%00%0A%26%3D%2B%25'],
    ['reserved characters', 'a=!*\'();:@$,/?[]&[b]=1&c|d=^{}`"'],
    ['raw unicode', 'é=日本&emoji=😀'],
    ['a percent sign at the end', 'a=100%&b=%'],
    [
      'parameters that look like ours',
      'realm=x&oauth_thing=1&oauth=2&oauth_=3&oauth_token_secret=4&OAUTH_TOKEN=5',
    ],
  ])('%s', async (_, wire) => {
    await api().get(`/?${wire}`)
    good()
    await api().post('/', wire.replace(/[\u0080-\u{10ffff}]/gu, encodeURIComponent), { headers: FORM })
    good()
    await api().post('/', Buffer.from(wire), { headers: FORM })
    good()
    await api({ bodyHash: 'always', protocolParameters: { oauth_callback: 'c' } }).delete(`/?${wire}`, {
      data: wire,
      headers: FORM,
    })
    good()
  })

  test('raw unicode in a form, as text and as bytes', async () => {
    await api().post('/', 'é=日本&😀=\ud800', { headers: FORM })
    good()
    await api().post('/', Buffer.from([0x61, 0x3d, 0xe9, 0xff, 0x80]), { headers: FORM })
    good()
  })

  test('a form of ten thousand fields, unsorted, and what comes after it', async () => {
    const fields = Array.from({ length: 10_000 }, (_, i) =>
      `f${(i * 7919) % 10_000}=é${i}`.replace('é', '%C3%A9'),
    ).join('&')
    const instance = api()
    await instance.post('/', fields)
    good()
    await instance.get('/?a=b')
    good()
  })

  test('form bodies on every method, GET and HEAD too', async () => {
    for (const method of ['GET', 'HEAD', 'DELETE', 'OPTIONS', 'PUT', 'PATCH', 'REPORT']) {
      await api().request({ url: '/', method, data: 'a=b&c', headers: FORM })
      expect(good().base).toContain('a%3Db%26c%3D')
    }
  })

  test('a method of one’s own', async () => {
    const { headers } = await signRequest(
      { method: 'm-search', url: 'http://x.test/' },
      { client, clock: () => 1, nonce: () => 'n' },
    )
    expect(headers.authorization).toBeDefined()
    expect(signatureBaseString('m search', 'http://x.test/')).toBe('M%20SEARCH&http%3A%2F%2Fx.test%2F&')
  })

  test('paths, hosts and ports as the server sees them', async () => {
    for (const path of [
      '',
      '/',
      '/a;b=1;',
      '/%7Eé/日本',
      '/a b',
      "/o'clock/(1)/*",
      '/a//b',
      '/%2F',
      '/x|y^z',
    ])
      for (const origin of [
        server.url,
        server.url.replace('127.0.0.1', 'LOCALHOST').replace('http:', 'HTTP:'),
      ]) {
        const instance = axios.create()
        attachOAuth1(
          instance,
          { client, token },
          { allowedOrigins: [server.url, server.url.replace('127.0.0.1', 'localhost')] },
        )
        await instance.get(`${origin}${path}`)
        good()
      }
  })

  test('a Host header of the request’s own', async () => {
    for (const [name, value] of [
      ['Host', 'API.example.com'],
      ['host', 'api.example.com:8080'],
      ['HOST', 'api.example.com:80'],
    ] as const) {
      await api().get('/x?y=1', { headers: { [name]: value } })
      expect(good().base).toMatch(/^GET&http%3A%2F%2Fapi\.example\.com(%3A8080)?%2Fx&/)
    }
  })
})

describe('bodies that are no form', () => {
  const sha1 = (bytes: Buffer) => createHash('sha1').update(bytes).digest('base64')

  test.each<[string, unknown, object]>([
    ['JSON', { a: 'b=c' }, {}],
    ['JSON text', '{"a":1}', { 'Content-Type': 'application/json' }],
    ['text that looks like a form', 'a=b&c=d', { 'Content-Type': 'text/plain' }],
    ['bytes', Buffer.from([0, 255, 0x25, 0x26]), { 'Content-Type': 'application/octet-stream' }],
    ['a Blob', new Blob(['a=b'], { type: 'text/csv' }), {}],
  ])('%s goes out untouched, and hashed where that is wanted', async (_, data, headers) => {
    await api().post('/', data, { headers: headers as never })
    const { body, base } = good()
    expect(base).not.toMatch(/a%3Db|oauth_body_hash/)
    for (const bodyHash of ['auto', 'always', { when: 'always', hash: 'SHA-256' }] as const) {
      await api({ bodyHash }).post('/', data, { headers: headers as never })
      const { protocol, body: hashed } = good()
      expect(hashed).toEqual(body)
      expect(protocol.oauth_body_hash).toBeDefined()
    }
    await api({ bodyHash: 'auto' }).post('/', data, { headers: headers as never })
    expect(good().protocol.oauth_body_hash).toBe(sha1(body))
  })

  test('no body has the hash of an empty one; a form has none, except with always', async () => {
    await api({ bodyHash: 'auto' }).get('/')
    expect(good().protocol.oauth_body_hash).toBe('2jmj7l5rSw0yVb/vlWAYkK/YBwk=')
    await api({ bodyHash: 'auto' }).post('/', 'a=b')
    expect(good().protocol).not.toHaveProperty('oauth_body_hash')
    await api({ bodyHash: 'always' }).post('/', 'a=b')
    expect(good().protocol.oauth_body_hash).toBe(sha1(Buffer.from('a=b')))
    await api({ bodyHash: { when: 'always', hash: 'SHA-256' }, signatureMethod: hmacSha256() }).post(
      '/',
      'a=b',
    )
    expect(good().protocol.oauth_body_hash).toBe(createHash('sha256').update('a=b').digest('base64'))
    // its own hash cannot stand in a body
    await api({ bodyHash: 'always', placement: 'body' }).post('/', 'a=b')
    expect(good().protocol).not.toHaveProperty('oauth_body_hash')
  })

  test('a stream is not sent under the type of a form, which is axios’s default', async () => {
    await api({ bodyHash: 'auto' }).post('/', Readable.from(['a=b']))
    expect(good()).toMatchObject({
      headers: { 'content-type': 'application/octet-stream' },
      body: Buffer.from('a=b'),
    })
    await api().post('/', Readable.from(['{}']), { headers: { 'Content-Type': 'application/json' } })
    expect(good().headers['content-type']).toBe('application/json')
  })

  test('multipart forms, native and of the form-data package', async () => {
    const native = new FormData()
    native.append('a', 'b')
    await api({ bodyHash: 'auto' }).post('/', native)
    expect(good().headers['content-type']).toMatch(/^multipart\/form-data; boundary=/)
    const packaged = new FormDataPackage()
    packaged.append('a', 'b')
    await api({ bodyHash: 'auto' }).post('/', packaged)
    expect(good().headers['content-type']).toMatch(/^multipart\/form-data; ?boundary=/)
    expect(`${good().body}`).toContain('name="a"')
  })

  test('bytes under the form type are a form', async () => {
    await api().post('/', Buffer.from('a=b+c'), { headers: FORM })
    expect(good().base).toContain('a%3Db%2520c')
    await api().post('/', new TextEncoder().encode('a=b+c').buffer, { headers: FORM })
    expect(good().base).toContain('a%3Db%2520c')
  })
})

describe('nonces', () => {
  const nonceCount = sized(100_000, 1_000_000)
  test(`${nonceCount} of them are all different`, () => {
    const make = nonces(globalThis.crypto)
    const other = nonces(globalThis.crypto)
    const all = new Set<string>()
    for (let i = 0; i < nonceCount / 2; i++) all.add(make()).add(other())
    expect(all.size).toBe(nonceCount)
    for (const nonce of [make(), other()]) expect(nonce).toMatch(/^[0-9a-z]{20,30}$/)
  })

  const signatureCount = sized(5000, 100_000)
  test(`${signatureCount} signatures never share one`, () => {
    const scheme = oauth1Scheme({ client, token })
    const all = new Set<string | undefined>()
    for (let i = 0; i < signatureCount; i++) {
      const request = outgoing({ method: 'GET', url: 'https://x.test/', headers: {} })
      scheme.open?.(request)
      all.add(/oauth_nonce="([^"]+)"/.exec(request.header('authorization') ?? '')?.[1])
    }
    expect(all.size).toBe(signatureCount)
  })

  test('nothing random is drawn before the first request: workers forbid it', () => {
    const draw = jest.spyOn(globalThis.crypto, 'getRandomValues')
    const dice = jest.spyOn(Math, 'random')
    api()
    expect(draw).not.toHaveBeenCalled()
    expect(dice).not.toHaveBeenCalled()
    draw.mockRestore()
    dice.mockRestore()
  })

  test('axios-retry sends a new one every time', async () => {
    const instance = api()
    axiosRetry(instance, { retries: 3, retryDelay: () => 0 })
    server.answer = (_, response, count) => {
      response.statusCode = [503, 401, 503, 200][count - 1] ?? 200
    }
    await instance.get('/', { validateStatus: status => status !== 503 })
    expect(server.arrivals.map(({ faults }) => faults)).toEqual(server.arrivals.map(() => []))
    expect(server.arrivals.length).toBeGreaterThan(1)
  })
})

describe('redirects', () => {
  let elsewhere: Awaited<ReturnType<typeof verifyingServer>>
  beforeAll(async () => {
    elsewhere = await verifyingServer()
  })
  afterAll(() => elsewhere.stop())
  beforeEach(() => {
    elsewhere.arrivals.length = 0
  })
  const redirect = (to: string, status = 302) => {
    server.answer = ({ target }, response) => {
      if (target.startsWith('/from')) response.writeHead(status, { location: to }).end()
    }
  }

  test.each(['http', 'fetch'])('to the same origin: signed again, with a new nonce (%s)', async adapter => {
    redirect('/to?x=%20&y')
    const { status } = await api({}, { adapter }).get('/from')
    expect(status).toBe(200)
    expect(server.arrivals.map(({ target, faults }) => [target, faults])).toEqual([
      ['/from', []],
      ['/to?x=%20&y', []],
    ])
  })

  test('a form that is posted on, and one that becomes a GET', async () => {
    redirect('/to', 307)
    await api({ placement: 'body' }).post('/from', 'a=b')
    expect(server.arrivals.map(({ method, faults }) => [method, faults])).toEqual([
      ['POST', []],
      ['POST', []],
    ])
    redirect('/to', 303)
    await api({ placement: 'query' }).post('/from?q=1', 'a=b')
    expect(good()).toMatchObject({ method: 'GET', place: 'query' })
    expect(good().target).toMatch(/^\/to\?oauth_nonce=/)
  })

  test.each(['http', 'fetch'])('to another origin: never signed, no secret, no token (%s)', async adapter => {
    redirect(`${elsewhere.url}/there`)
    for (const signatureMethod of [hmacSha1(), plaintext()])
      for (const placement of ['header', 'query', 'body'] as const)
        await api({ signatureMethod, placement }, { adapter }).post('/from', 'a=b')
    expect(elsewhere.arrivals).toHaveLength(6)
    for (const { target, headers, body, place } of elsewhere.arrivals) {
      expect(place).toBe('none')
      expect(`${target} ${JSON.stringify(headers)} ${body}`).not.toMatch(
        new RegExp(`oauth_|${client.secret}|${token.oauth_token}`),
      )
    }
  })
})

describe('the second try', () => {
  const date = (seconds: number) => new Date(seconds * 1000).toUTCString()
  const real = 1_700_000_000
  const times = () => server.arrivals.map(({ protocol }) => Number(protocol.oauth_timestamp))

  test.each<[string, object, string]>([
    ['the header says so', { 'www-authenticate': 'OAuth realm="x", oauth_problem="timestamp_refused"' }, ''],
    ['the body says so, as a form', {}, 'oauth_problem=timestamp_refused&oauth_problem_advice=late'],
    [
      'the body says so, as JSON',
      { 'content-type': 'application/json' },
      '{"errors":[{"code":135,"message":"Timestamp out of bounds."}]}',
    ],
    ['nothing but the Date tells', {}, 'go away'],
  ])('a clock that is wrong is corrected once and for all: %s', async (_, headers, body) => {
    server.answer = (arrival, response) => {
      const off = Math.abs(Number(arrival.protocol.oauth_timestamp) - real)
      response
        .writeHead(off > 300 ? 401 : 200, { date: date(real), ...(off > 300 && headers) })
        .end(off > 300 ? body : 'ok')
    }
    const instance = api({ clock: () => real - 86_400 })
    expect((await instance.get('/?a=1')).status).toBe(200)
    expect((await instance.post('/', 'b=2')).status).toBe(200)
    expect(times()).toEqual([real - 86_400, real, real])
    for (const { faults } of server.arrivals) expect(faults).toEqual([])
  })

  test('many requests at once are all corrected', async () => {
    server.answer = (arrival, response) => {
      const late = Math.abs(Number(arrival.protocol.oauth_timestamp) - real) > 300
      response.writeHead(late ? 401 : 200, { date: date(real) }).end()
    }
    const instance = api({ clock: () => real + 4000 })
    const found = await Promise.all(Array.from({ length: 20 }, (_, i) => instance.get(`/?i=${i}`)))
    expect(found.map(({ status }) => status)).toEqual(found.map(() => 200))
    expect(server.arrivals).toHaveLength(40)
  })

  test('the timestamps that a server says it takes, where its Date cannot be read', async () => {
    server.answer = (_, response, count) => {
      const words = `oauth_problem="timestamp_refused", oauth_acceptable_timestamps="${real - 100}-${real + 100}"`
      if (count === 1)
        response.writeHead(401, { date: 'unreadable', 'www-authenticate': `OAuth ${words}` }).end()
    }
    await api({ clock: () => real - 80_000 }).get('/')
    expect(times()).toEqual([real - 80_000, real])
  })

  test.each([401, 400])('a used nonce: a fresh one (%d)', async status => {
    server.answer = (_, response, count) => {
      if (count === 1)
        response.writeHead(status, { 'www-authenticate': 'OAuth oauth_problem=nonce_used' }).end()
    }
    expect((await api().get('/')).status).toBe(200)
    const [first, second] = server.arrivals
    expect(first?.protocol.oauth_nonce).not.toBe(second?.protocol.oauth_nonce)
  })

  test('with an asynchronous method too, in the body, and the body is what it was', async () => {
    server.answer = (_, response, count) => {
      if (count === 1)
        response.writeHead(401).end('{"message":"Invalid nonce - nonce has already been used."}')
    }
    await api({ signatureMethod: rsaSha256(pem), placement: 'body' }).post('/', 'a=b')
    expect(server.arrivals.map(({ faults }) => faults)).toEqual([[], []])
    expect(`${good().body}`.match(/oauth_nonce/g)).toHaveLength(1)
  })

  test('at most once', async () => {
    server.answer = (_, response) =>
      void response.writeHead(401, { 'www-authenticate': 'OAuth oauth_problem="nonce_used"' }).end()
    const error = await api()
      .get('/')
      .catch(caught => caught)
    expect(server.arrivals).toHaveLength(2)
    expect(error).toMatchObject({ response: { status: 401 }, cause: { code: 'OAUTH_REFUSED' } })
    server.arrivals.length = 0
    server.answer = (_, response) =>
      void response.writeHead(401, { date: date(Date.now() / 1000 - 90 - Math.random() * 8e4) }).end()
    await api()
      .get('/')
      .catch(() => {})
    expect(server.arrivals).toHaveLength(2)
  })

  test.each([
    ['a signature that is wrong', 401, 'OAuth oauth_problem="signature_invalid"'],
    ['a missing parameter', 400, 'OAuth oauth_problem="parameter_absent"'],
    ['no right to it', 403, 'OAuth oauth_problem="permission_denied"'],
    ['a request that is bad for another reason', 400, ''],
  ])('not for %s', async (_, status, challenge) => {
    server.answer = (_, response) =>
      void response
        .writeHead(status, { 'www-authenticate': challenge })
        .end(status === 400 ? '{"error":"timestamp is missing"}' : '')
    const error = await api()
      .get('/')
      .catch(caught => caught)
    expect(error.response.status).toBe(status)
    expect(server.arrivals).toHaveLength(1)
  })

  test('not with a stream, which can be sent once only', async () => {
    server.answer = (_, response) =>
      void response.writeHead(401, { 'www-authenticate': 'OAuth oauth_problem="nonce_used"' }).end()
    const error = await api()
      .post('/', Readable.from(['x']))
      .catch(caught => caught)
    expect(error.cause.code).toBe('OAUTH_NOT_REPLAYABLE')
    expect(server.arrivals).toHaveLength(1)
  })
})

test('a request that something else than axios sends', async () => {
  const options = { client, token }
  const request = {
    method: 'post',
    url: `${server.url}/a?b=c#d`,
    data: new URLSearchParams({ e: 'f g' }),
    mode: 'cors' as const,
  }
  for (const placement of ['header', 'query', 'body'] as const) {
    const signed = await signRequest(request, { ...options, placement })
    expect(signed).toMatchObject({ method: 'post', mode: 'cors' })
    await fetch(signed.url, { method: 'POST', headers: signed.headers, body: signed.data as BodyInit })
    expect(good()).toMatchObject({ place: placement })
    expect(good().base).toContain('e%3Df%2520g')
  }
  expect(request).toEqual({
    method: 'post',
    url: `${server.url}/a?b=c#d`,
    data: new URLSearchParams({ e: 'f g' }),
    mode: 'cors',
  })
})

test('no secret shows in schemes, errors or configurations', async () => {
  const secrets = new RegExp(`${client.secret}|${token.oauth_token_secret}`)
  const options = { client, token, signatureMethod: plaintext() }
  expect(inspect(oauth1Scheme(options), { depth: 9, showHidden: true })).not.toMatch(secrets)
  server.answer = (_, response) => void response.writeHead(401).end()
  const error = await api({ signatureMethod: plaintext() })
    .get('/')
    .catch(caught => caught)
  expect(inspect(error, { depth: 9 })).not.toMatch(secrets)
  expect(JSON.stringify(error)).not.toMatch(secrets)
  expect(JSON.stringify(error.config)).not.toMatch(/oauth_/)
})

test('the same options attached again are the same attachment', async () => {
  const options = { client, token }
  const instance = axios.create({ baseURL: server.url })
  const first = attachOAuth1(instance, options)
  expect(attachOAuth1(instance, options)).toBe(first)
  await instance.get('/')
  good()
  first.detach()
  await instance.get('/')
  expect(server.arrivals[1]?.place).toBe('none')
})

describe('the oauth option of a request', () => {
  const other = { oauth_token: 'other', oauth_token_secret: token.oauth_token_secret }

  test('a token of its own signs it', async () => {
    const instance = api()
    await instance.get('/', { oauth: { token: other } })
    expect(good().protocol.oauth_token).toBe('other')
    await instance.get('/')
    expect(good().protocol.oauth_token).toBe(token.oauth_token)
  })

  test('a session of its own signs it', async () => {
    const { url } = server
    const session = createOAuth1Session({
      client,
      server: { request_token_url: url, authorize_url: url, access_token_url: url },
    })
    await saveOAuth1Token(session, other)
    await api().get('/', { oauth: { session } })
    expect(good().protocol.oauth_token).toBe('other')
    await api().get('/', { oauth: false })
    expect(server.arrivals[1]?.place).toBe('none')
  })

  test.each<[string, object]>([
    ['a scope', { scope: 'read' }],
    ['an OAuth 2 session', { session: createOAuth2Session({ client: { client_id: 'x' } }) }],
    ['an OAuth 2 token', { token: { access_token: 'x' } }],
  ])('%s is refused, not ignored', async (_, oauth) => {
    const error = await api()
      .get('/', { oauth } as object)
      .catch(caught => caught)
    expect(error.cause).toMatchObject({ code: 'OAUTH_INVALID_OPTION' })
    expect(server.arrivals).toHaveLength(0)
  })
})
