import { createHash } from 'node:crypto'
import * as oauth4webapi from 'oauth4webapi'
import { createCodeChallenge, createCodeVerifier } from '../../src/authorization/pkce.js'
import { errorOf } from '../oauth2/support.js'

it('the example of RFC 7636, appendix B', async () => {
  const verifier = createCodeVerifier(() =>
    Uint8Array.of(
      116,
      24,
      223,
      180,
      151,
      153,
      224,
      37,
      79,
      250,
      96,
      125,
      216,
      173,
      187,
      186,
      22,
      212,
      37,
      77,
      105,
      214,
      191,
      240,
      91,
      88,
      5,
      88,
      83,
      132,
      141,
      121,
    ),
  )
  expect(verifier).toBe('dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk')
  const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'
  expect(await createCodeChallenge(verifier)).toBe(challenge)
  expect(await createCodeChallenge(verifier, 'S256', globalThis.crypto)).toBe(challenge)
})

it('is the same with crypto.subtle, without it, and in oauth4webapi', async () => {
  const digest = jest.spyOn(globalThis.crypto.subtle, 'digest')
  for (const length of [43, 55, 56, 63, 64, 119, 120, 128]) {
    const verifier = oauth4webapi.generateRandomCodeVerifier().repeat(3).slice(0, length)
    const challenge = createHash('sha256').update(verifier).digest('base64url')
    expect(await oauth4webapi.calculatePKCECodeChallenge(verifier)).toBe(challenge)
    digest.mockClear()
    expect(await createCodeChallenge(verifier, 'S256', globalThis.crypto)).toBe(challenge)
    expect(digest).toHaveBeenCalledTimes(1)
    expect(await createCodeChallenge(verifier, 'S256')).toBe(challenge)
    expect(await createCodeChallenge(verifier, 'S256', {} as never)).toBe(challenge)
    expect(digest).toHaveBeenCalledTimes(1)
  }
  digest.mockRestore()
})

it('plain is the verifier itself', async () => {
  expect(await createCodeChallenge('~'.repeat(43), 'plain')).toBe('~'.repeat(43))
})

it('a verifier has 43 to 128 unreserved characters', async () => {
  for (const wrong of [
    '',
    'a'.repeat(42),
    'a'.repeat(129),
    `${'a'.repeat(43)}+`,
    `${'a'.repeat(43)} `,
    'é'.repeat(43),
    `${'a'.repeat(43)}\n`,
  ])
    for (const method of ['S256', 'plain'] as const) {
      const error = await errorOf(() => createCodeChallenge(wrong, method))
      expect(error.code).toBe('OAUTH_INVALID_OPTION')
      expect(error.message).not.toContain('aaaa')
    }
  expect(await createCodeChallenge('a'.repeat(128), 'plain')).toHaveLength(128)
})
