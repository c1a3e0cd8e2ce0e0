/** One reader for every form in which people hold a private key; a wrong one is named for what it is. */
import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { algorithmOf, importPrivateKey } from '../../src/crypto/keys.js'
import { type PrivateKey, readPrivateKey } from '../../src/crypto/private-key.js'
import { isOAuthError } from '../../src/errors.js'
import { rsaSha256 } from '../../src/signature-methods/rsa-sha256.js'

const keys = {
  rsa: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  p256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  p384: generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  p521: generateKeyPairSync('ec', { namedCurve: 'P-521' }),
  ed25519: generateKeyPairSync('ed25519'),
}
const pem = (key: KeyObject, type = 'pkcs8') =>
  key.export({ type, format: 'pem' } as never) as unknown as string
const der = (key: KeyObject, type = 'pkcs8') =>
  key.export({ type, format: 'der' } as never) as unknown as Buffer
const jwkOf = (key: KeyObject) => key.export({ format: 'jwk' }) as JsonWebKey

/** The private key that was read, as a JWK. */
function read(key: PrivateKey): unknown {
  const material = readPrivateKey(key)
  if (material.form === 'jwk') return material.jwk
  if (material.form === 'CryptoKey') return material.key
  return jwkOf(createPrivateKey({ key: Buffer.from(material.bytes), format: 'der', type: 'pkcs8' }))
}

const CERTIFICATE = '-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIU\n-----END CERTIFICATE-----\n'

/** Every text in which an environment, a file or a console hands over PEM. */
const shapes: [string, (pem: string) => PrivateKey][] = [
  ['as it is', text => text],
  ['with literal \\n', text => text.replace(/\n/g, '\\n')],
  ['with literal \\r\\n', text => text.replace(/\n/g, '\\r\\n')],
  ['with CR LF', text => text.replace(/\n/g, '\r\n')],
  ['on one line', text => text.replace(/\n/g, '')],
  ['on one line, with spaces', text => text.replace(/\n/g, ' ')],
  ['indented', text => text.replace(/^/gm, '    ')],
  ['in quotes', text => `"${text.replace(/\n/g, '\\n')}"`],
  ['behind a certificate', text => CERTIFICATE + text],
  ['before a certificate', text => text + CERTIFICATE],
  ['in base64', text => Buffer.from(text).toString('base64')],
  ['in a Buffer', text => Buffer.from(text)],
  ['in an ArrayBuffer', text => new TextEncoder().encode(text).buffer],
]

describe.each(Object.entries(keys))('%s', (name, { privateKey }) => {
  const types = ['pkcs8', ...(name === 'rsa' ? ['pkcs1'] : []), ...(name.startsWith('p') ? ['sec1'] : [])]
  test.each(types.flatMap(type => shapes.map(([shape, write]) => [type, shape, write] as const)))(
    'PEM of %s, %s',
    (type, _, write) => expect(read(write(pem(privateKey, type)))).toEqual(jwkOf(privateKey)),
  )

  test.each(types)('DER of %s, as Buffer, bytes, ArrayBuffer and base64', type => {
    const bytes = der(privateKey, type)
    const forms = [bytes, Uint8Array.from(bytes), Uint8Array.from(bytes).buffer, bytes.toString('base64')]
    for (const form of forms) expect(read(form)).toEqual(jwkOf(privateKey))
  })

  test('KeyObject, JWK and CryptoKey', async () => {
    expect(read(privateKey)).toEqual(jwkOf(privateKey))
    expect(read(jwkOf(privateKey))).toEqual(jwkOf(privateKey))
    const key = await importPrivateKey(privateKey, algorithmOf(privateKey) as string, globalThis.crypto)
    expect(read(key)).toBe(key)
    expect(algorithmOf(key)).toBe(algorithmOf(jwkOf(privateKey)))
  })
})

const encrypted = { cipher: 'aes-256-cbc', passphrase: 'x' }
const { rsa, p256 } = keys
const labelled = (label: string) => `-----BEGIN ${label}-----\nAAAA\n-----END ${label}-----`

test.each<[string, unknown, RegExp]>([
  ['nothing', undefined, /missing/],
  ['an empty text', '', /missing/],
  ['a number', 7, /but a number/],
  ['a text of nothing', 'secret', /not a PEM private key/],
  ['the name of a file', '/etc/keys/signing-key.pem', /name of a file/],
  ['half a PEM', pem(rsa.privateKey).slice(0, 300), /no end/],
  ['a damaged PEM', labelled('PRIVATE KEY'), /damaged/],
  ['a certificate', CERTIFICATE, /holds a CERTIFICATE/],
  ['a public key as PEM', pem(rsa.publicKey, 'spki'), /holds a PUBLIC KEY/],
  ['a public key as DER', der(rsa.publicKey, 'spki'), /a public key/],
  ['a public key as KeyObject', rsa.publicKey, /a public KeyObject/],
  ['a public key as JWK', jwkOf(p256.publicKey), /a public JWK/],
  ['a secret as JWK', { kty: 'oct', k: 'AAAA' }, /shared secret/],
  ['a JWK Set', { keys: [jwkOf(p256.privateKey)] }, /one of its keys/],
  ['a JWK as text', JSON.stringify(jwkOf(p256.privateKey)), /parsed JWK/],
  ['an object of nothing', {}, /neither PEM/],
  ['a key of OpenSSH', labelled('OPENSSH PRIVATE KEY'), /ssh-keygen/],
  ['an encrypted PEM', rsa.privateKey.export({ type: 'pkcs8', format: 'pem', ...encrypted }), /encrypted/],
  [
    'an encrypted PEM of the old kind',
    rsa.privateKey.export({ type: 'pkcs1', format: 'pem', ...encrypted }),
    /encrypted/,
  ],
  ['an encrypted DER', rsa.privateKey.export({ type: 'pkcs8', format: 'der', ...encrypted }), /encrypted/],
  ['a PKCS#12 file', Buffer.from('3006020103300130', 'hex').fill(0, 7), /PKCS#12/],
  ['another curve', pem(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey, 'sec1'), /curve/],
])('%s is refused by its name', (_, key, message) => {
  let caught: unknown
  try {
    readPrivateKey(key as PrivateKey)
  } catch (error) {
    caught = error
  }
  expect(isOAuthError(caught, 'OAUTH_INVALID_OPTION')).toBe(true)
  expect((caught as Error).message).toMatch(message)
  expect((caught as Error).message.length).toBeLessThan(120)
})

test('the OAuth 1.0a signature methods take the same forms', () => {
  for (const [, write] of shapes)
    expect(rsaSha256(write(pem(rsa.privateKey, 'pkcs1'))).name).toBe('RSA-SHA256')
  expect(rsaSha256(rsa.privateKey).name).toBe('RSA-SHA256')
  expect(() => rsaSha256(p256.privateKey)).toThrow('of the kind P-256')
})
