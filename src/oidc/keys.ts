import { createLocalJWKSet, type JSONWebKeySet, type JWSHeaderParameters } from 'jose'
import { secureUrl } from '../auth/origins.js'
import { oauthError } from '../errors.js'
import type { Clock, Send, ServerRequest } from '../server/call.js'
import { processServerResponse } from '../server/token-response.js'

/** A server's public keys, read on demand. Times are seconds. */
export interface KeySource {
  /**
   * The keys that match a header, usually one. An unknown `kid` makes the keys be read again, except shortly
   * after the last time.
   * @throws OAuthError `OAUTH_INVALID_RESPONSE` when the document is no key set, `OAUTH_SERVER_UNAVAILABLE`,
   * `OAUTH_ID_TOKEN_INVALID` when no key fits
   */
  find(
    uri: string,
    header: JWSHeaderParameters,
    how: { server?: object; send: Send; clock: Clock; allowInsecure?: true | string[] | undefined },
  ): Promise<CryptoKey[]>
}

interface Known {
  find: ReturnType<typeof createLocalJWKSet>
  readAt: number
}

async function candidates(find: Known['find'], header: JWSHeaderParameters): Promise<CryptoKey[]> {
  try {
    return [await find(header)]
  } catch (error) {
    const { code } = error as { code?: string }
    // Several keys match a header without kid: jose returns them one by one.
    if (code === 'ERR_JWKS_MULTIPLE_MATCHING_KEYS') {
      const keys: CryptoKey[] = []
      for await (const key of error as unknown as AsyncIterable<CryptoKey>) keys.push(key)
      return keys
    }
    if (code === 'ERR_JWKS_NO_MATCHING_KEY') return []
    throw oauthError('OAUTH_INVALID_RESPONSE', 'keyOfSet', {}, { cause: error })
  }
}

/** With the exponent 1 a signature is the padded hash itself, which any sender can produce. */
const isExponentOne = ({ e }: { e?: unknown }) => typeof e === 'string' && /^A*(AQ|E|B)=*$/.test(e)

/** The key sets of one server, by address. */
interface KeyCache {
  known: Map<string, Known>
  pending: Map<string, Promise<Known>>
}

const emptyCache = (): KeyCache => ({ known: new Map(), pending: new Map() })

// Functions that are called repeatedly without a validator share the keys by the metadata object.
const caches = /* @__PURE__ */ new WeakMap<object, KeyCache>()

function cacheOf(server: object): KeyCache {
  const cache = caches.get(server) ?? emptyCache()
  caches.set(server, cache)
  return cache
}

type How = Parameters<KeySource['find']>[2]

/** Reads a key set. @throws OAuthError `OAUTH_INVALID_RESPONSE`, and what `send` throws */
async function readKeys(uri: string, { send, clock, allowInsecure }: How): Promise<Known> {
  const readAt = clock()
  const request: ServerRequest = {
    endpoint: 'jwks',
    method: 'GET',
    url: secureUrl(uri, 'jwks_uri', allowInsecure),
    headers: { Accept: 'application/jwk-set+json, application/json' },
    body: new URLSearchParams(),
    timeout: 10,
  }
  const { keys } = processServerResponse(await send(request), readAt)
  if (!Array.isArray(keys) || !keys.every(key => typeof key === 'object' && key && 'kty' in key))
    throw oauthError('OAUTH_INVALID_RESPONSE', 'keySet')
  const usable = { keys: keys.filter(key => !isExponentOne(key)) } as JSONWebKeySet
  return { find: createLocalJWKSet(usable), readAt }
}

/** Reads a key set into the cache, once for all concurrent callers. */
function refill({ known, pending }: KeyCache, uri: string, how: How): Promise<Known> {
  const reading = pending.get(uri) ?? readKeys(uri, how).finally(() => pending.delete(uri))
  pending.set(uri, reading)
  return reading.then(entry => {
    known.set(uri, entry)
    return entry
  })
}

/**
 * Caches key sets by address: its own, or (`shared`) those of all users of the same server. `maxAge` limits
 * their age, `cooldown` the reads for an unknown `kid`.
 */
export function keySource(
  { maxAge = 600, cooldown = 30 }: { maxAge?: number; cooldown?: number } = {},
  shared = false,
): KeySource {
  const own = emptyCache()
  return {
    async find(uri, header, how) {
      const cache = shared && how.server ? cacheOf(how.server) : own
      const age = ({ readAt }: Known) => how.clock() - readAt
      let entry = cache.known.get(uri)
      if (!entry || age(entry) >= maxAge) entry = await refill(cache, uri, how)
      let keys = await candidates(entry.find, header)
      if (!keys.length && age(entry) >= cooldown)
        keys = await candidates((await refill(cache, uri, how)).find, header)
      if (!keys.length)
        throw oauthError('OAUTH_ID_TOKEN_INVALID', 'noKey', { alg: header.alg, kid: header.kid ?? 'none' })
      return keys
    },
  }
}
