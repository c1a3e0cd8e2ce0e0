import { createPrivateKey, generateKeyPairSync, type KeyObject, sign as nodeSign } from 'node:crypto'
import * as jose from 'jose'
import { jwtSigner } from '../../src/crypto/jws.js'
import { algorithmOf, importPrivateKey, keyParameters } from '../../src/crypto/keys.js'
import { type PrivateKey, readPrivateKey } from '../../src/crypto/private-key.js'
import { isOAuthError } from '../../src/errors.js'

const crypto = globalThis.crypto

const keys = {
  rsa: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  p256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  p384: generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  p521: generateKeyPairSync('ec', { namedCurve: 'P-521' }),
  ed25519: generateKeyPairSync('ed25519'),
}
const pem = (key: KeyObject, type: 'pkcs8' | 'pkcs1' | 'sec1' = 'pkcs8') =>
  key.export({ type, format: 'pem' } as never) as string
const jwk = (key: KeyObject) => key.export({ format: 'jwk' }) as JsonWebKey

/** The message of the typed error; fails when there is none. */
const refusal = async (run: () => unknown): Promise<string> => {
  try {
    await run()
  } catch (error) {
    if (isOAuthError(error, 'OAUTH_INVALID_OPTION')) return error.message
    throw error
  }
  throw new Error('nothing was refused')
}

describe('jwtSigner: jose accepts what it signs', () => {
  const cases: Array<
    [name: string, alg: string | undefined, expected: string, key: PrivateKey, pair: keyof typeof keys]
  > = []
  for (const [pair, own, algs] of [
    ['rsa', 'RS256', ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']],
    ['p256', 'ES256', ['ES256']],
    ['p384', 'ES384', ['ES384']],
    ['p521', 'ES512', ['ES512']],
    ['ed25519', 'EdDSA', ['EdDSA', 'Ed25519']],
  ] as const) {
    const { privateKey } = keys[pair]
    const forms: Array<[string, PrivateKey]> = [
      ['PKCS#8', pem(privateKey)],
      ['PKCS#8 with escaped line breaks', pem(privateKey).replace(/\n/g, '\\n')],
      ['PKCS#8 on one line', pem(privateKey).replace(/\n/g, '')],
      ['JWK', jwk(privateKey)],
      [
        'JWK for verification only, by its own word',
        { ...jwk(privateKey), key_ops: ['verify'], use: 'enc', ext: false },
      ],
    ]
    if (pair === 'rsa') forms.push(['PKCS#1', pem(privateKey, 'pkcs1')])
    else if (pair !== 'ed25519') forms.push(['SEC 1', pem(privateKey, 'sec1')])
    for (const [form, key] of forms) {
      cases.push([`${pair}, ${form}, by itself`, undefined, own, key, pair])
      for (const alg of algs) cases.push([`${pair}, ${form}, ${alg}`, alg, alg, key, pair])
    }
  }
  test.each(cases)('%s', async (_name, alg, expected, key, pair) => {
    const sign = jwtSigner({ key, alg: alg as never, kid: 'k' }, { typ: 'JWT', alg: 'none' })
    const jwt = await sign({ sub: 'ünï' }, crypto)
    const { payload, protectedHeader } = await jose.jwtVerify(jwt, keys[pair].publicKey)
    expect(payload).toEqual({ sub: 'ünï' })
    expect(protectedHeader).toEqual({ alg: expected, kid: 'k', typ: 'JWT' })
  })

  test('a CryptoKey that cannot be extracted, with the algorithm it is for', async () => {
    for (const [parameters, expected] of [
      [{ name: 'ECDSA', namedCurve: 'P-384' }, 'ES384'],
      [
        { name: 'RSA-PSS', hash: 'SHA-512', modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1) },
        'PS512',
      ],
      [
        {
          name: 'RSASSA-PKCS1-v1_5',
          hash: 'SHA-384',
          modulusLength: 2048,
          publicExponent: Uint8Array.of(1, 0, 1),
        },
        'RS384',
      ],
      [{ name: 'Ed25519' }, 'EdDSA'],
    ] as const) {
      const pair = (await crypto.subtle.generateKey(parameters as never, false, [
        'sign',
        'verify',
      ])) as CryptoKeyPair
      const jwt = await jwtSigner({ key: pair.privateKey })({}, crypto)
      expect((await jose.jwtVerify(jwt, pair.publicKey)).protectedHeader).toEqual({ alg: expected })
    }
  })

  test('the kid of a JWK, unless another is given', async () => {
    const key = { ...jwk(keys.p256.privateKey), kid: 'own' }
    expect(jose.decodeProtectedHeader(await jwtSigner({ key })({}, crypto)).kid).toBe('own')
    expect(jose.decodeProtectedHeader(await jwtSigner({ key, kid: 'given' })({}, crypto)).kid).toBe('given')
  })

  test.each(['ES256', 'ES384', 'ES512'] as const)(
    'a signing function, %s, that answers DER as key management services do, or plain',
    async alg => {
      const { privateKey, publicKey } = keys[({ ES256: 'p256', ES384: 'p384', ES512: 'p521' } as const)[alg]]
      const hash = `sha${alg.slice(2)}`
      for (let round = 0; round < 40; round++) {
        const dsaEncoding = round % 2 ? 'der' : 'ieee-p1363'
        const key = (data: Uint8Array) =>
          new Uint8Array(nodeSign(hash, data, { key: privateKey, dsaEncoding }))
        await jose.jwtVerify(await jwtSigner({ key, alg, kid: 'kms' })({ round }, undefined), publicKey)
      }
    },
  )

  test('a signing function that fails: its error is the cause', async () => {
    const cause = new Error('the HSM is out of reach')
    const sign = jwtSigner({ key: () => Promise.reject(cause), alg: 'ES256' })
    await expect(sign({}, crypto)).rejects.toMatchObject({ code: 'OAUTH_SIGNATURE_FAILED', cause })
  })
})

describe('keys and algorithms that are refused', () => {
  test.each([
    'none',
    'None',
    'HS256',
    'HS1',
    'RS1',
    'ES256K',
    'RS256 ',
    'RSA-OAEP',
    'A128KW',
    '',
    'constructor',
  ])('algorithm %p, at once', async alg => {
    const message = await refusal(() => jwtSigner({ key: pem(keys.rsa.privateKey), alg: alg as never }))
    expect(message).toMatch(/not allowed|shared secret/)
  })

  test('a signing function without an algorithm, at once', async () => {
    expect(await refusal(() => jwtSigner({ key: () => new Uint8Array() }))).toMatch(/not allowed/)
  })

  const pemOf = (label: string, text = 'AAAA') =>
    `-----BEGIN ${label}-----\n${text}\n-----END ${label}-----\n`
  test.each([
    ['no PEM', 'hello', /not a PEM/],
    [
      'a public key',
      keys.rsa.publicKey.export({ type: 'spki', format: 'pem' }) as string,
      /not a PEM private key/,
    ],
    ['a certificate', pemOf('CERTIFICATE'), /not a PEM private key/],
    [
      'an encrypted key',
      keys.rsa.privateKey.export({
        type: 'pkcs8',
        format: 'pem',
        cipher: 'aes-256-cbc',
        passphrase: 'x',
      }) as string,
      /encrypted/,
    ],
    [
      'an encrypted key of the old kind',
      keys.rsa.privateKey.export({
        type: 'pkcs1',
        format: 'pem',
        cipher: 'aes-256-cbc',
        passphrase: 'x',
      }) as string,
      /encrypted/,
    ],
    ['a damaged key', pemOf('PRIVATE KEY', '***'), /damaged/],
    ['an empty key', pemOf('PRIVATE KEY', ''), /damaged/],
    [
      'a key on an unknown curve',
      generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey.export({
        type: 'sec1',
        format: 'pem',
      }) as string,
      /curve/,
    ],
  ])('%s', async (_name, text, message) => {
    expect(await refusal(() => jwtSigner({ key: text }))).toMatch(message)
  })

  test.each<[string, PrivateKey, string]>([
    ['another kind of key', pem(keys.p256.privateKey), 'RS256'],
    ['another curve', pem(keys.p256.privateKey), 'ES384'],
    ['a public JWK', jwk(keys.p256.publicKey), 'ES256'],
    ['a symmetric JWK', { kty: 'oct', k: 'c2VjcmV0' }, 'ES256'],
    ['a short RSA key', pem(generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey), 'RS256'],
    ['PEM text that is no key', pemOf('PRIVATE KEY', 'AAAA'), 'RS256'],
  ])('%s, when it is to sign; the message never shows the key', async (_name, key, alg) => {
    const message = await refusal(() => jwtSigner({ key, alg: alg as never })({}, crypto))
    expect(message).toMatch(/not a private key|too short|damaged/)
    expect(message.length).toBeLessThan(80)
  })

  test('a CryptoKey of another kind, a public one, and a secret one', async () => {
    const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, [
      'sign',
      'verify',
    ])
    const secret = await crypto.subtle.generateKey({ name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
    for (const [key, alg] of [
      [pair.privateKey, 'RS256'],
      [pair.privateKey, 'ES384'],
      [pair.publicKey, 'ES256'],
      [secret, 'HS256'],
    ] as const)
      expect(await refusal(() => importPrivateKey(key, alg, crypto))).toMatch(/not a private key/)
  })

  test('no crypto.subtle: a typed error that says what to do', async () => {
    const sign = jwtSigner({ key: jwk(keys.p256.privateKey) })
    const own = Object.getOwnPropertyDescriptor(globalThis, 'crypto')
    Object.defineProperty(globalThis, 'crypto', { value: undefined, configurable: true })
    try {
      await expect(sign({}, undefined)).rejects.toMatchObject({ code: 'OAUTH_CRYPTO_MISSING' })
    } finally {
      Object.defineProperty(globalThis, 'crypto', own as PropertyDescriptor)
    }
  })
})

const pkcs8Of = (key: PrivateKey) => {
  const material = readPrivateKey(key)
  return Buffer.from(material.form === 'pkcs8' ? material.bytes : [])
}

describe('PEM files', () => {
  test('of PKCS#1 and SEC 1 are wrapped as OpenSSL does', () => {
    for (const { privateKey } of [keys.rsa, keys.p256, keys.p384, keys.p521]) {
      const old = pem(privateKey, privateKey.asymmetricKeyType === 'rsa' ? 'pkcs1' : 'sec1')
      const read = createPrivateKey({ key: pkcs8Of(old), format: 'der', type: 'pkcs8' })
      expect(read.export({ format: 'jwk' })).toEqual(jwk(privateKey))
    }
  })

  test('that hold more than the key', () => {
    const file = `Bag Attributes\n-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n${pem(keys.p256.privateKey, 'sec1')}`
    expect(algorithmOf(file)).toBe('ES256')
  })
})

test('keyParameters know the allowed algorithms and no others', () => {
  expect(keyParameters('PS384')).toMatchObject({ name: 'RSA-PSS', hash: 'SHA-384', saltLength: 48 })
  expect(keyParameters('ES512')).toMatchObject({ name: 'ECDSA', hash: 'SHA-512', namedCurve: 'P-521' })
  expect(keyParameters('EdDSA')).toMatchObject({ name: 'Ed25519' })
  expect(() => keyParameters('none')).toThrow('not allowed')
})
