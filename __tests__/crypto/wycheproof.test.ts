/**
 * Keys and signatures of Project Wycheproof: they are read, and what they sign is what others sign and
 * accept.
 */
import { createPublicKey } from 'node:crypto'
import * as jose from 'jose'
import { jwtSigner } from '../../src/crypto/jws.js'
import { algorithmOf, importPrivateKey } from '../../src/crypto/keys.js'
import { rsaSha1 } from '../../src/signature-methods/rsa-sha1.js'
import { rsaSha256 } from '../../src/signature-methods/rsa-sha256.js'
import { rsaSha512 } from '../../src/signature-methods/rsa-sha512.js'
import vectors from './vectors/wycheproof.json'

const crypto = globalThis.crypto

describe('private keys as JWK', () => {
  test.each(vectors.keys.map(({ name, ...rest }) => [name, rest] as const))(
    '%s: signs, and its public half accepts',
    async (_, { alg, jwk, jws }) => {
      // The signature that comes with the key shows that the fixture is whole.
      const publicKey = createPublicKey({ key: jwk as never, format: 'jwk' })
      await jose.compactVerify(jws, publicKey)
      const jwt = await jwtSigner({ key: jwk as JsonWebKey, alg: alg as never })({ sub: 'x' }, crypto)
      expect((await jose.jwtVerify(jwt, publicKey, { algorithms: [alg] })).payload).toEqual({ sub: 'x' })
    },
  )

  test.each(vectors.keys.map(({ name, ...rest }) => [name, rest] as const))(
    '%s: of no use for another algorithm family',
    async (_, { alg, jwk }) => {
      const other = alg.startsWith('ES') ? 'RS256' : 'ES256'
      await expect(importPrivateKey(jwk as JsonWebKey, other, crypto)).rejects.toMatchObject({
        code: 'OAUTH_INVALID_OPTION',
      })
    },
  )
})

describe.each(vectors.signatures)('RSA signatures with $hash', ({ hash, pem, pkcs8, tests }) => {
  const make = { 'SHA-1': rsaSha1, 'SHA-256': rsaSha256, 'SHA-512': rsaSha512 }[hash] as typeof rsaSha1
  const forms = { PEM: pem, 'PEM in one line': pem.replace(/\n/g, '\\n'), DER: Buffer.from(pkcs8, 'hex') }

  test.each(Object.entries(forms))('%s: the signatures of the vectors come out', async (_, key) => {
    expect(algorithmOf(key)).toBe('RS256')
    const method = make(key)
    for (const { msg, sig } of tests) {
      const signature = await method.sign(Buffer.from(msg, 'hex').toString('latin1'), '', undefined)
      expect(Buffer.from(signature, 'base64').toString('hex')).toBe(sig)
    }
  })
})
