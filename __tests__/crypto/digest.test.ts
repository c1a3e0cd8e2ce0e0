import { createHash, createHmac } from 'node:crypto'
import * as fc from 'fast-check'
import { digest, hmac } from '../../src/crypto/digest'
import { sha1 } from '../../src/crypto/sha1'
import { sha256 } from '../../src/crypto/sha256'
import { sha512 } from '../../src/crypto/sha512'
import { ascii } from '../../src/lib/ascii'

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

describe.each([sha1, sha256, sha512])('$name in plain JavaScript', hash => {
  const name = hash.name.replace('-', '').toLowerCase()

  test('is what OpenSSL computes, for every length around the ends of blocks', () => {
    for (let length = 0; length < 300; length++) {
      const message = Uint8Array.from({ length }, (_, i) => i * 31 + length)
      expect(hex(digest(hash, message))).toBe(createHash(name).update(message).digest('hex'))
    }
  })

  test('and so is its HMAC, under keys of any length, which can be used again', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 300 }), (key, message) => {
        const mac = hmac(hash, key)
        const expected = createHmac(name, key).update(message).digest('hex')
        expect(hex(mac(message))).toBe(expected)
        expect(hex(mac(message))).toBe(expected)
      }),
      { numRuns: 300 },
    )
  })

  test('a message of a megabyte', () => {
    const message = new Uint8Array(2 ** 20).fill(97)
    expect(hex(digest(hash, message))).toBe(createHash(name).update(message).digest('hex'))
  })
})

test('the examples of the standards', () => {
  expect(hex(digest(sha1, ascii('abc')))).toBe('a9993e364706816aba3e25717850c26c9cd0d89d')
  expect(hex(digest(sha256, ascii('abc')))).toBe(
    'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  )
  expect(hex(hmac(sha1, ascii('Jefe'))(ascii('what do ya want for nothing?')))).toBe(
    'effcdf6ae5eb2fa2d27416d5f184df9c259a7c79',
  )
})
