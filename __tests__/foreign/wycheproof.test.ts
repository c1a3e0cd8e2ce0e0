/**
 * Project Wycheproof against `/oidc` and the import of keys. The vectors sign texts like `foo`, which are no
 * claims: a signature counts as accepted when nothing but the payload is refused after it.
 */
import { algorithmOf, importPrivateKey, type JwsAlgorithm } from '../../src/crypto/keys.js'
import { isOAuthError } from '../../src/errors.js'
import { jwtVerifier, type VerificationContext } from '../../src/oidc/verify.js'
import type { ServerResponse } from '../../src/server/call.js'
import whys from './differences/wycheproof.json'
import combined from './vectors/json_web_crypto.json'
import encryption from './vectors/json_web_encryption.json'
import keys from './vectors/json_web_key.json'
import signature from './vectors/json_web_signature.json'

type Jwk = JsonWebKey & { kid?: string }
interface Vector {
  tcId: number
  comment: string
  jws?: unknown
  jwe?: unknown
  pt?: string
  enc?: string
  result: string
  flags: string[]
}
interface Group {
  comment: string
  private: Jwk | { keys: Jwk[] }
  public?: Jwk | { keys: Jwk[] }
  tests: Vector[]
}

const groups: Group[] = [signature, encryption, keys, combined].flatMap(
  ({ groups }) => groups as unknown as Group[],
)
const keysOf = (key: Jwk | { keys: Jwk[] } | undefined) =>
  !key ? [] : 'keys' in key ? key.keys : [key as Jwk]
const everyAlgorithm = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512']

/** The algorithms that a client with these keys is registered for. */
const registered = (jwks: Jwk[]) => {
  const named = jwks.map(({ alg }) => alg).filter(alg => alg !== undefined)
  return named.length > 0 ? named : everyAlgorithm
}

function contextOf(jwks: Jwk[]): VerificationContext {
  const answer: ServerResponse = {
    status: 200,
    body: JSON.stringify({ keys: jwks }),
    header: () => undefined,
  }
  return {
    server: { issuer: 'https://op.example', jwks_uri: 'https://op.example/jwks' },
    client: { client_id: 'app' },
    clock: () => 1_700_000_000,
    send: async () => answer,
  }
}

const isPayloadRefused = (error: unknown) =>
  isOAuthError(error) &&
  (error.message.includes('claims are no object') || error.cause instanceof SyntaxError)

/** The secret of a client as text, where the bytes of the vector are text at all. */
function secretOf(jwks: Jwk[]): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(jwks[0]?.k ?? '', 'base64url'))
  } catch {
    return undefined
  }
}

async function acceptsSignature(jws: string, jwks: Jwk[], client_secret?: string): Promise<boolean> {
  const context = contextOf(jwks)
  if (client_secret !== undefined) context.client.client_secret = client_secret
  try {
    await jwtVerifier({ algorithms: registered(jwks) })(jws, 'id_token', context)
    return true
  } catch (error) {
    if (!isOAuthError(error)) throw error
    return isPayloadRefused(error)
  }
}

/** What was decrypted is no JWT either: only that may be refused. */
async function decrypts(jwe: string, key: Jwk): Promise<boolean> {
  const options = { decryptionKey: key, keyManagementAlgorithms: [key.alg as string] }
  try {
    await jwtVerifier(options)(jwe, 'id_token', contextOf([]))
    return true
  } catch (error) {
    if (!isOAuthError(error)) throw error
    return (
      jwe.split('.').length === 5 &&
      (error.cause as Error | undefined)?.message === 'Invalid Token or Protected Header formatting'
    )
  }
}

/** Where the package decides otherwise than the vector says, by comment and number; the file says why. */
const differences = Object.values(whys as Record<string, string[]>).flat()

const cases = groups.flatMap(group => group.tests.map(vector => ({ ...vector, group })))
const nameOf = ({ group, comment, tcId }: (typeof cases)[number]) => `${group.comment} ${tcId} ${comment}`
const expectedOf = (one: (typeof cases)[number]) =>
  (one.result === 'valid') !== differences.includes(nameOf(one))
type Case = (typeof cases)[number]
const isCompact = ({ jws, jwe }: Vector) => typeof (jws ?? jwe) === 'string'
const isSymmetric = ({ group }: Case) => keysOf(group.private).every(({ kty }) => kty === 'oct')
const named = (some: Case[]) => some.map(one => [nameOf(one), one] as const)

const signatures = cases.filter(one => one.jws && isCompact(one))
const withPublicKey = signatures.filter(one => !isSymmetric(one))
const withText = signatures.filter(
  one => isSymmetric(one) && secretOf(keysOf(one.group.private)) !== undefined,
)
const encrypted = cases.filter(one => one.jwe && isCompact(one))

test('every difference names a vector', () => {
  const names = [...withPublicKey, ...withText, ...encrypted].map(nameOf)
  expect(differences.filter(name => !names.includes(name))).toEqual([])
})

describe('signatures with public keys', () => {
  test.each(named(withPublicKey))('%s', async (_, one) => {
    expect(await acceptsSignature(one.jws as string, keysOf(one.group.public ?? one.group.private))).toBe(
      expectedOf(one),
    )
  })
})

describe('signatures with a shared secret that is text', () => {
  test.each(named(withText))('%s', async (_, one) => {
    const jwks = keysOf(one.group.private)
    expect(await acceptsSignature(one.jws as string, jwks, secretOf(jwks))).toBe(expectedOf(one))
  })
})

describe('encrypted tokens', () => {
  test.each(named(encrypted))('%s', async (_, one) => {
    expect(await decrypts(one.jwe as string, keysOf(one.group.private)[0] as Jwk)).toBe(expectedOf(one))
  })
})

describe('private keys', () => {
  const isSigningKey = ({ kty, use, alg = '', d }: Jwk) =>
    kty !== 'oct' && use !== 'enc' && d && everyAlgorithm.includes(alg)
  const rejected = ['invalid_point', 'keysize_too_small', 'wrong_curve', 'wrong_kty']
  const found = groups.flatMap(group =>
    keysOf(group.private)
      .filter(isSigningKey)
      .map(key => [`${group.comment} ${key.kid} ${key.alg}`, key, rejected.includes(group.comment)] as const),
  )

  test.each(found)('%s', async (_, key, isRejected) => {
    expect(algorithmOf(key)).toBe(key.alg)
    const reading = importPrivateKey(key, key.alg as JwsAlgorithm, globalThis.crypto)
    if (isRejected) await expect(reading).rejects.toMatchObject({ code: 'OAUTH_INVALID_OPTION' })
    else expect((await reading).type).toBe('private')
  })
})
