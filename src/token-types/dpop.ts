import { signJwt, webCrypto } from '../crypto/jws.js'
import { type JwsAlgorithm, keyParameters } from '../crypto/keys.js'
import { oauthError } from '../errors.js'
import { ascii } from '../lib/ascii.js'
import { base64url } from '../lib/base64url.js'
import { checkNames } from '../lib/check-options.js'
import { systemClock } from '../lib/clock.js'
import { challengeOf } from '../lib/www-authenticate.js'
import type { ServerResponse } from '../server/call.js'
import type { TokenType, TokenTypeContext } from './token-type.js'

/** Options of {@link dpop}. */
export interface DPoPOptions {
  /**
   * The key pair: a `CryptoKeyPair`, a private JWK, or a function that returns either from a place that
   * outlives the page or process; `make` creates one (not extractable by default). Default: the session's
   * store keeps it if it can; otherwise it is created on first use and lives as long as this object.
   */
  key?:
    | DPoPKey
    | ((make: (extractable?: boolean) => Promise<CryptoKeyPair>) => DPoPKey | PromiseLike<DPoPKey>)
  /** Default `ES256`. */
  alg?: JwsAlgorithm
  /**
   * Binds the authorization code to the key as well (`dpop_jkt`, a proof on pushed requests). The key must
   * then outlive the redirect. Default: true with a given `key`, or if the store keeps the key.
   */
  bindCode?: boolean
  /** True accepts an access token of type Bearer, which is not bound to the key. Default: it is refused. */
  allowBearer?: boolean
}

const OPTIONS: Record<keyof DPoPOptions, true> = { key: true, alg: true, bindCode: true, allowBearer: true }

/** A key pair of the Web Crypto API, or a private JWK. */
export type DPoPKey = CryptoKeyPair | JsonWebKey

/** The token type of {@link dpop}. */
export interface DPoP extends TokenType {
  /**
   * The key's thumbprint: `dpop_jkt` of an authorization request, `cnf.jkt` of the tokens that the server
   * binds to it.
   * @see https://www.rfc-editor.org/rfc/rfc9449#section-10
   */
  thumbprint(context?: Partial<TokenTypeContext>): Promise<string>
}

/** The current key and its public part. */
interface KeyInUse {
  privateKey: CryptoKey
  /** The public members, in the order of RFC 7638. */
  jwk: JsonWebKey
}

/** The members of a public key, in the order of RFC 7638. */
function publicMembers({ kty, crv, e, n, x, y }: JsonWebKey): JsonWebKey {
  if (kty === 'RSA') return { e, kty, n } as JsonWebKey
  return (kty === 'EC' ? { crv, kty, x, y } : { crv, kty, x }) as JsonWebKey
}

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

/** The key of one token type: its algorithm and its source. */
class ProofKey {
  private ready: Promise<KeyInUse> | undefined
  readonly alg: JwsAlgorithm
  private readonly parameters: ReturnType<typeof keyParameters>
  private readonly given: DPoPOptions['key']

  constructor(alg: JwsAlgorithm, given: DPoPOptions['key']) {
    this.alg = alg
    this.given = given
    this.parameters = keyParameters(alg)
    if (this.parameters.name === 'HMAC') throw oauthError('OAUTH_INVALID_OPTION', 'dpopAlgorithm')
  }

  /** The key, created or read on first use. */
  inUse(context?: Partial<TokenTypeContext>): Promise<KeyInUse> {
    if (!this.ready) {
      const attempt = this.find(context)
      // A key that could not be read may be readable next time.
      attempt.catch(() => {
        if (this.ready === attempt) this.ready = undefined
      })
      this.ready = attempt
    }
    return this.ready
  }

  async thumbprint(context?: Partial<TokenTypeContext>): Promise<string> {
    const { jwk } = await this.inUse(context)
    const digest = await webCrypto(context?.crypto).subtle.digest('SHA-256', ascii(JSON.stringify(jwk)))
    return base64url(new Uint8Array(digest))
  }

  private async find(context?: Partial<TokenTypeContext>): Promise<KeyInUse> {
    const { given, parameters } = this
    const { subtle } = webCrypto(context?.crypto)
    const make = (extractable = false) =>
      subtle.generateKey(parameters, extractable, ['sign', 'verify']) as Promise<CryptoKeyPair>
    if (typeof given === 'function') return this.adopt(await given(make), subtle)
    const kept = () => (context?.keyPair ? context.keyPair(make) : make())
    return this.adopt(given ?? (await kept()), subtle)
  }

  private async adopt(given: DPoPKey, subtle: SubtleCrypto): Promise<KeyInUse> {
    const { parameters, alg } = this
    const pair = 'privateKey' in given ? given : undefined
    const jwk = publicMembers(pair ? await subtle.exportKey('jwk', pair.publicKey) : (given as JsonWebKey))
    const privateKey = pair?.privateKey ?? (await this.importJwk(given as JsonWebKey, subtle))
    const { name, namedCurve } = privateKey.algorithm as { name: string; namedCurve?: string }
    const isOfThisKind = name === parameters.name && (!namedCurve || namedCurve === parameters.namedCurve)
    if (!isOfThisKind || privateKey.type !== 'private')
      throw oauthError('OAUTH_INVALID_OPTION', 'dpopKey', { alg })
    return { privateKey, jwk }
  }

  private async importJwk({ kty, crv, e, n, x, y, d, p, q, dp, dq, qi }: JsonWebKey, subtle: SubtleCrypto) {
    const jwk = { kty, crv, e, n, x, y, d, p, q, dp, dq, qi } as JsonWebKey
    try {
      return await subtle.importKey('jwk', jwk, this.parameters, false, ['sign'])
    } catch {
      throw oauthError('OAUTH_INVALID_OPTION', 'dpopKey', { alg: this.alg })
    }
  }
}

/** The nonces for the next proofs: one for each server and for each of the two roles of an origin. */
class Nonces {
  private readonly known = new Map<string, string>()

  of(slot: string): string | undefined {
    return this.known.get(slot)
  }

  /** Stores the nonce of an answer; true if it has one. */
  learn(slot: string, response: { header(name: string): string | undefined }): boolean {
    const nonce = nonceIn(response)
    if (nonce === undefined) return false
    const { known } = this
    // The newest is the last, so that the oldest server is dropped first.
    known.delete(slot)
    known.set(slot, nonce)
    if (known.size > MAX_NONCES) known.delete(known.keys().next().value as string)
    return true
  }
}

/** The request that a proof covers. */
interface Proven {
  method: string
  url: URL
  nonce: string | undefined
  token?: string
}

/** @see https://www.rfc-editor.org/rfc/rfc9449#section-4.2 */
async function prove(
  { method, url, nonce, token }: Proven,
  key: ProofKey,
  context?: Partial<TokenTypeContext>,
) {
  const { privateKey, jwk } = await key.inUse(context)
  const crypto = webCrypto(context?.crypto)
  const { clock = systemClock, random = randomBytes } = context ?? {}
  const hash = async (text: string) =>
    base64url(new Uint8Array(await crypto.subtle.digest('SHA-256', ascii(text))))
  const claims = {
    jti: base64url(random(16)),
    htm: method,
    htu: url.origin + url.pathname,
    iat: Math.floor(clock()),
    ...(token !== undefined && { ath: await hash(token) }),
    ...(nonce !== undefined && { nonce }),
  }
  return signJwt({ typ: 'dpop+jwt', alg: key.alg, jwk }, claims, privateKey, crypto)
}

const atApi = (url: string) => `api ${new URL(url).origin}`
const atServer = ({ origin }: URL) => `server ${origin}`

/**
 * DPoP tokens: every request carries a proof of possession of the key that the token is bound to. Nonces are
 * read from every response, for each server; a request that is refused for its nonce is sent once more with a
 * new proof. A `token_type` other than DPoP is refused, unless `allowBearer` is set.
 * @example
 * const session = createOAuth2Session({
 *   server: discover('https://auth.example.com'),
 *   client: { client_id: 'spa' },
 *   store: indexedDbStore(), // keeps the key as well
 *   tokenType: dpop(),
 * })
 * @throws OAuthError `OAUTH_INVALID_OPTION` for an algorithm that is not allowed or a key that does not fit
 * it; `OAUTH_CRYPTO_MISSING`
 * @see https://www.rfc-editor.org/rfc/rfc9449
 */
export function dpop(options: DPoPOptions = {}): DPoP {
  checkNames(options, OPTIONS)
  const { alg = 'ES256', allowBearer = false } = options
  const key = new ProofKey(alg, options.key)
  const nonces = new Nonces()
  const bindsCode = (context: TokenTypeContext) => options.bindCode ?? !!(options.key || context.keyPair)
  return {
    accepts: allowBearer ? ['dpop', 'bearer'] : ['dpop'],
    boundToUrl: true,
    signs: true,
    async authorize(request, { access_token, token_type = 'bearer' }, context) {
      if (token_type.toLowerCase() !== 'dpop') {
        if (!allowBearer) throw oauthError('OAUTH_UNSUPPORTED_TOKEN_TYPE', 'notDpop', { token_type })
        return request.setHeader('Authorization', `Bearer ${access_token}`)
      }
      const { method, url } = request
      const nonce = nonces.of(atApi(url))
      const proof = await prove({ method, url: new URL(url), nonce, token: access_token }, key, context)
      request.setHeader('Authorization', `DPoP ${access_token}`)
      request.setHeader('DPoP', proof)
    },
    learn(response, request) {
      const isLearnt = response.authenticated && nonces.learn(atApi(request.url), response)
      const challenge = () => challengeOf(response.header('WWW-Authenticate'), 'dpop')
      return isLearnt && response.status === 401 && challenge()?.error === 'use_dpop_nonce'
    },
    async prepare({ endpoint, method, url, headers }, context) {
      const isBound = endpoint === 'token' || (endpoint === 'par' && bindsCode(context))
      if (isBound) headers.DPoP = await prove({ method, url, nonce: nonces.of(atServer(url)) }, key, context)
    },
    learnFromServer: (response, { url }) => nonces.learn(atServer(url), response) && asksForNonce(response),
    authorizationParameters: async context =>
      bindsCode(context) ? { dpop_jkt: await key.thumbprint(context) } : {},
    thumbprint: context => key.thumbprint(context),
  }
}
