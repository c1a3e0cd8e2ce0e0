import { signJwt, webCrypto } from '../crypto/jws.js'
import { type JwsAlgorithm, keyParameters } from '../crypto/keys.js'
import { oauthError } from '../errors.js'
import { ascii } from '../lib/ascii.js'
import { base64url } from '../lib/base64url.js'
import { systemClock } from '../lib/clock.js'
import { challengeOf } from '../lib/www-authenticate.js'
import type { ServerResponse } from '../server/call.js'
import type { TokenType, TokenTypeContext } from './token-type.js'

/** Options of {@link dpop}. */
export interface DPoPOptions {
  /**
   * The key pair: of the Web Crypto API, a private JWK, or a function that gets either from where keys outlive the page or
   * process; `make` makes one (not extractable, unless told). Default: kept by the session's store where that can, else made
   * on first use and as long-lived as this object.
   */
  key?: DPoPKey | ((make: (extractable?: boolean) => Promise<CryptoKeyPair>) => DPoPKey | PromiseLike<DPoPKey>)
  /** Default `ES256`. */
  alg?: JwsAlgorithm
  /**
   * Binds the authorization code to the key as well (`dpop_jkt`, a proof on pushed requests). The key must then outlive the
   * redirect. Default: where `key` is given or the store keeps it.
   */
  bindCode?: boolean
  /** True uses an access token of type Bearer as such, unbound, where the server answers one. Default: it is refused. */
  allowBearer?: boolean
}

/** A key pair of the Web Crypto API, or a private JWK. */
export type DPoPKey = CryptoKeyPair | JsonWebKey

/** The token type that {@link dpop} makes. */
export interface DPoP extends TokenType {
  /**
   * The key's thumbprint: `dpop_jkt` of an authorization request, `cnf.jkt` of what the server binds to it.
   * @see https://www.rfc-editor.org/rfc/rfc9449#section-10
   */
  thumbprint(context?: Partial<TokenTypeContext>): Promise<string>
}

/** The key in use, and what of it is shown to others. */
interface KeyInUse {
  privateKey: CryptoKey
  /** The public members, in the order of RFC 7638. */
  jwk: JsonWebKey
}

/** One nonce for each server, and for the two roles that one origin may have. */
const MAX_NONCES = 100

const nonceIn = (response: { header(name: string): string | undefined }): string | undefined =>
  /^[!#-[\]-~]+$/.exec(response.header('DPoP-Nonce') ?? '')?.[0]

const randomBytes = (size: number) => globalThis.crypto.getRandomValues(new Uint8Array(size))

/** True when the authorization server asks for a nonce. */
function asksForNonce({ status, body }: ServerResponse): boolean {
  try {
    return status >= 400 && status < 500 && JSON.parse(body).error === 'use_dpop_nonce'
  } catch {
    return false
  }
}

/**
 * DPoP tokens: every request carries a proof that its sender has the key that the token is bound to. Nonces are learnt from
 * every response, for each server; a request that is refused for its nonce is sent once more with a new proof.
 * A `token_type` other than DPoP is refused, unless `allowBearer`.
 * @throws OAuthError `OAUTH_INVALID_OPTION` for an algorithm that is not allowed or a key that does not fit it; `OAUTH_CRYPTO_MISSING`
 * @see https://www.rfc-editor.org/rfc/rfc9449
 */
export function dpop(options: DPoPOptions = {}): DPoP {
  const { key, alg = 'ES256', allowBearer = false } = options
  const parameters = keyParameters(alg)
  if (parameters.name === 'HMAC') throw oauthError('OAUTH_INVALID_OPTION', 'dpopAlgorithm')
  let ready: Promise<KeyInUse> | undefined
  const nonces = new Map<string, string>()
  const bindsCode = (context: TokenTypeContext) => options.bindCode ?? !!(key || context.keyPair)

  async function adopt(given: DPoPKey, { subtle }: { subtle: SubtleCrypto }): Promise<KeyInUse> {
    const pair = 'privateKey' in given ? given : undefined
    const { kty, crv, e, n, x, y } = pair ? await subtle.exportKey('jwk', pair.publicKey) : (given as JsonWebKey)
    const jwk = (kty === 'RSA' ? { e, kty, n } : kty === 'EC' ? { crv, kty, x, y } : { crv, kty, x }) as JsonWebKey
    const privateKey = pair?.privateKey ?? (await importJwk(given as JsonWebKey, subtle))
    const { name, namedCurve } = privateKey.algorithm as { name: string; namedCurve?: string }
    if (
      name !== parameters.name ||
      (namedCurve && namedCurve !== parameters.namedCurve) ||
      privateKey.type !== 'private'
    )
      throw oauthError('OAUTH_INVALID_OPTION', 'dpopKey', { alg })
    return { privateKey, jwk }
  }

  async function importJwk({ kty, crv, e, n, x, y, d, p, q, dp, dq, qi }: JsonWebKey, subtle: SubtleCrypto) {
    try {
      return await subtle.importKey(
        'jwk',
        { kty, crv, e, n, x, y, d, p, q, dp, dq, qi } as JsonWebKey,
        parameters,
        false,
        ['sign'],
      )
    } catch {
      throw oauthError('OAUTH_INVALID_OPTION', 'dpopKey', { alg })
    }
  }

  function keyInUse(context?: Partial<TokenTypeContext>): Promise<KeyInUse> {
    if (!ready) {
      const attempt = (async () => {
        const crypto = webCrypto(context?.crypto)
        const make = (extractable = false) =>
          crypto.subtle.generateKey(parameters, extractable, ['sign', 'verify']) as Promise<CryptoKeyPair>
        const kept = () => (context?.keyPair ? context.keyPair(make) : make())
        return adopt(await (typeof key === 'function' ? key(make) : (key ?? kept())), crypto)
      })()
      // what failed may work next time: a key that could not be read
      attempt.catch(() => {
        if (ready === attempt) ready = undefined
      })
      ready = attempt
    }
    return ready
  }

  async function proof(method: string, url: URL, slot: string, context?: Partial<TokenTypeContext>, token?: string) {
    const { privateKey, jwk } = await keyInUse(context)
    const crypto = webCrypto(context?.crypto)
    const { clock = systemClock, random = randomBytes } = context ?? {}
    const nonce = nonces.get(slot)
    const claims = {
      jti: base64url(random(16)),
      htm: method,
      htu: url.origin + url.pathname,
      iat: Math.floor(clock()),
      ...(token !== undefined && {
        ath: base64url(new Uint8Array(await crypto.subtle.digest('SHA-256', ascii(token)))),
      }),
      ...(nonce !== undefined && { nonce }),
    }
    return signJwt({ typ: 'dpop+jwt', alg, jwk }, claims, privateKey, crypto)
  }

  function learnNonce(slot: string, response: { header(name: string): string | undefined }): boolean {
    const nonce = nonceIn(response)
    if (nonce === undefined) return false
    // the newest last, so that the oldest server is the one forgotten
    nonces.delete(slot)
    nonces.set(slot, nonce)
    if (nonces.size > MAX_NONCES) nonces.delete(nonces.keys().next().value as string)
    return true
  }

  async function thumbprint(context?: Partial<TokenTypeContext>): Promise<string> {
    const { jwk } = await keyInUse(context)
    const digest = await webCrypto(context?.crypto).subtle.digest('SHA-256', ascii(JSON.stringify(jwk)))
    return base64url(new Uint8Array(digest))
  }

  return {
    accepts: allowBearer ? ['dpop', 'bearer'] : ['dpop'],
    boundToUrl: true,
    signs: true,
    async authorize(request, { access_token, token_type = 'bearer' }, context) {
      if (token_type.toLowerCase() !== 'dpop') {
        if (!allowBearer) throw oauthError('OAUTH_UNSUPPORTED_TOKEN_TYPE', 'notDpop', { token_type })
        return request.setHeader('Authorization', `Bearer ${access_token}`)
      }
      const url = new URL(request.url)
      const header = await proof(request.method, url, `api ${url.origin}`, context, access_token)
      request.setHeader('Authorization', `DPoP ${access_token}`)
      request.setHeader('DPoP', header)
    },
    learn(response, request) {
      const learnt = response.authenticated && learnNonce(`api ${new URL(request.url).origin}`, response)
      return (
        learnt &&
        response.status === 401 &&
        challengeOf(response.header('WWW-Authenticate'), 'dpop')?.error === 'use_dpop_nonce'
      )
    },
    async prepare(request, context) {
      if (request.endpoint !== 'token' && !(request.endpoint === 'par' && bindsCode(context))) return
      request.headers.DPoP = await proof(request.method, request.url, `server ${request.url.origin}`, context)
    },
    learnFromServer(response, request) {
      return learnNonce(`server ${request.url.origin}`, response) && asksForNonce(response)
    },
    authorizationParameters: async context => (bindsCode(context) ? { dpop_jkt: await thumbprint(context) } : {}),
    thumbprint,
  }
}
