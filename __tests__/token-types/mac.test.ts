import { createHash, createHmac } from 'node:crypto'
import type { OutgoingRequest } from '../../src/auth/scheme.js'
import { challengeOf } from '../../src/lib/www-authenticate.js'
import { type MacOptions, mac } from '../../src/token-types/mac.js'
import { errorOf, NOW } from '../oauth2/support.js'

/** Signs one request; the nonce's random part is `AAAA…`. */
function sign(
  options: MacOptions,
  token: object,
  url: string,
  method = 'GET',
  data?: unknown,
  clock = () => NOW,
) {
  let header = ''
  const request = {
    method,
    url,
    data,
    signal: undefined,
    header: () => undefined,
    setHeader(name: string, value: string) {
      expect(name).toBe('Authorization')
      header = value
    },
  } as unknown as OutgoingRequest
  const type = mac(options)
  const context = { clock, random: (size: number) => new Uint8Array(size), crypto: undefined }
  const answered = type.authorize(
    request,
    { access_token: 'h480djs93hd8', mac_algorithm: 'hmac-sha-1', mac_key: '489dks293j39', ...token },
    context,
  )
  expect(answered).toBeUndefined()
  return { header, fields: challengeOf(header, 'mac') ?? {} }
}
const hmac = (lines: string[], key = '489dks293j39', hash = 'sha1') =>
  createHmac(hash, key)
    .update(lines.map(line => `${line}\n`).join(''))
    .digest('base64')

/**
 * Makes the random part of the nonce the one of a published example, by signing again what is signed here.
 */
const example = (
  nonce: string,
  method: string,
  uri: string,
  bodyhash: string,
  ext: string,
  key: string,
  hash = 'sha1',
) => hmac([nonce, method, uri, 'example.com', '80', bodyhash, ext], key, hash)

describe('MAC tokens, draft 00', () => {
  // The examples that circulate with the draft; they pin the base string which the tests below compare with
  test('the base string of the tests is that of the published examples', () => {
    expect(example('264095:dj83hs9s', 'GET', '/resource/1?b=1&a=2', '', '', '489dks293j39')).toBe(
      'SLDJd4mg43cjQfElUs3Qub4L6xE=',
    )
    expect(
      example('273156:di3hvdf8', 'POST', '/request', 'k9kbtCIy0CkI3/FEfpS/oIDjk6k=', '', '8yfrufh348h'),
    ).toBe('W7bdMZbv9UWOTadASIQHagZyirA=')
    expect(
      example(
        '273156:di3hvdf8',
        'POST',
        '/request',
        'k9kbtCIy0CkI3/FEfpS/oIDjk6k=',
        '',
        '8yfrufh348h',
        'sha256',
      ),
    ).toBe('ouXTUQlFI+pJMi2zn67a6zms7sLu2JEUPUYzunEqKOc=')
    expect(
      example(
        '264095:7d8f3e4a',
        'GET',
        '/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b&c2&a3=2+q',
        'Lve95gjOVATpfV8EL5X4nxwjKHE=',
        'a,b,c',
        '489dks293j39',
      ),
    ).toBe('Z3C2DojEopRDIC88/imW8Ez853g=')
  })

  test('no body, no ext: id, nonce with the age, mac', () => {
    const { header, fields } = sign(
      { issuedAt: NOW - 264095 },
      {},
      'http://example.com/resource/1?b=1&a=2#part',
    )
    expect(Object.keys(fields)).toEqual(['id', 'nonce', 'mac'])
    expect(fields).toEqual({
      id: 'h480djs93hd8',
      nonce: '264095:AAAAAAAAAAA',
      mac: hmac(['264095:AAAAAAAAAAA', 'GET', '/resource/1?b=1&a=2', 'example.com', '80', '', '']),
    })
    expect(header).toMatch(/^MAC id="h480djs93hd8", nonce="[^"]+", mac="[^"]+"$/)
  })

  test('a body and ext: in the signature and in the header', () => {
    const { fields } = sign(
      { issuedAt: NOW, ext: 'a,b,c' },
      {},
      'https://example.com:8443/request',
      'POST',
      'hello=world%21',
    )
    expect(fields.bodyhash).toBe('k9kbtCIy0CkI3/FEfpS/oIDjk6k=')
    expect(fields.ext).toBe('a,b,c')
    expect(fields.mac).toBe(
      hmac([
        '0:AAAAAAAAAAA',
        'POST',
        '/request',
        'example.com',
        '8443',
        'k9kbtCIy0CkI3/FEfpS/oIDjk6k=',
        'a,b,c',
      ]),
    )
  })

  test('hmac-sha-256 hashes the body too; the port of https is 443', () => {
    const { fields } = sign(
      { issuedAt: NOW },
      { mac_algorithm: 'hmac-sha-256' },
      'https://example.com/',
      'PUT',
      'ünï',
    )
    const bodyhash = createHash('sha256').update('ünï').digest('base64')
    expect(fields.bodyhash).toBe(bodyhash)
    expect(fields.mac).toBe(
      hmac(['0:AAAAAAAAAAA', 'PUT', '/', 'example.com', '443', bodyhash, ''], undefined, 'sha256'),
    )
  })

  test.each([
    ['text', 'a=b'],
    ['a form', new URLSearchParams({ a: 'b' })],
    ['bytes', new TextEncoder().encode('a=b')],
    ['a buffer', new TextEncoder().encode('a=b').buffer],
    ['a part of a buffer', new TextEncoder().encode('xa=by').subarray(1, 4)],
  ])('the body is hashed as it is sent: %s', (_name, data) => {
    expect(sign({}, {}, 'http://example.com/', 'POST', data).fields.bodyhash).toBe(
      createHash('sha1').update('a=b').digest('base64'),
    )
  })

  test('an empty body has a hash, no body has none', () => {
    expect(sign({}, {}, 'http://example.com/', 'POST', '').fields.bodyhash).toBe(
      createHash('sha1').digest('base64'),
    )
    for (const data of [undefined, null])
      expect(sign({}, {}, 'http://example.com/', 'POST', data).fields).not.toHaveProperty('bodyhash')
  })

  test('a body that cannot be read twice is refused before anything is sent', async () => {
    expect((await errorOf(() => sign({}, {}, 'http://example.com/', 'POST', { pipe() {} }))).code).toBe(
      'OAUTH_SIGNATURE_FAILED',
    )
  })

  test('the age is reckoned from the expiry, else from the first use, and never negative', () => {
    const age = (options: MacOptions, token: object) =>
      sign(options, token, 'http://example.com/').fields.nonce?.split(':')[0]
    expect(age({}, { expires_at: NOW + 3000, expires_in: 3600 })).toBe('600')
    expect(age({ issuedAt: NOW - 7 }, { expires_at: NOW + 3000, expires_in: 3600 })).toBe('7')
    expect(age({ issuedAt: NOW + 50 }, {})).toBe('0')
    let now = NOW
    const type = mac()
    const nonces: string[] = []
    for (let turn = 0; turn < 2; turn++) {
      const request = {
        method: 'GET',
        url: 'http://example.com/',
        setHeader: (_: string, value: string) => nonces.push(value),
      }
      void type.authorize(
        request as never,
        { access_token: 'a', mac_key: 'k', mac_algorithm: 'hmac-sha-1' },
        { clock: () => now, random: size => new Uint8Array(size), crypto: undefined },
      )
      now += 30.5
    }
    expect(nonces.map(header => challengeOf(header, 'mac')?.nonce?.split(':')[0])).toEqual(['0', '30'])
  })
})

test('draft 01 and later: ts and nonce, no hash of the body', () => {
  const { fields } = sign({ draft: 1, ext: 'e' }, {}, 'http://example.com/resource/1?b=1&a=2', 'POST', {
    any: 'body',
  })
  expect(Object.keys(fields)).toEqual(['id', 'ts', 'nonce', 'ext', 'mac'])
  expect(fields.mac).toBe(
    hmac([`${NOW}`, 'AAAAAAAAAAA', 'POST', '/resource/1?b=1&a=2', 'example.com', '80', 'e']),
  )
  expect(fields.ts).toBe(`${NOW}`)
})

describe('mac()', () => {
  test.each([undefined, null, 'hmac-sha-512', 'none', 'constructor'])(
    'an unknown algorithm is a typed error: %p',
    async mac_algorithm => {
      expect((await errorOf(() => sign({}, { mac_algorithm }, 'http://example.com/'))).code).toBe(
        'OAUTH_SIGNATURE_FAILED',
      )
    },
  )

  test.each([undefined, '', 5])('a token without a usable key is a typed error: %p', async mac_key => {
    expect((await errorOf(() => sign({}, { mac_key }, 'http://example.com/'))).code).toBe(
      'OAUTH_SIGNATURE_FAILED',
    )
  })

  test('quotes and backslashes in the token and ext do not break the header', () => {
    const { fields } = sign({ ext: () => 'a"b\\c' }, { access_token: 't"o\\k' }, 'http://example.com/')
    expect(fields).toMatchObject({ id: 't"o\\k', ext: 'a"b\\c' })
  })

  test('works with nothing but a token', () => {
    let header = ''
    void mac().authorize(
      {
        method: 'GET',
        url: 'https://example.com/',
        setHeader: (_: string, value: string) => (header = value),
      } as never,
      {
        access_token: 'a',
        mac_key: 'k',
        mac_algorithm: 'hmac-sha-256',
      },
    )
    expect(challengeOf(header, 'mac')?.nonce).toMatch(/^0:[\w-]{11}$/)
  })

  test('takes tokens of type mac, and is bound to the URL', () => {
    expect(mac()).toMatchObject({ accepts: ['mac'], boundToUrl: true, synchronous: true })
  })
})
