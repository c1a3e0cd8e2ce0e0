import type { Awaitable } from '../auth/scheme.js'
import { jwtSigner, type SigningKey } from '../crypto/jws.js'
import { oauthError } from '../errors.js'
import { base64url } from '../lib/base64url.js'
import { checkNames } from '../lib/check-options.js'
import { joinScope } from '../lib/form.js'
import type { UnattendedGrant } from './grant.js'

/** The used part of a Google service account's JSON key file; pass the file unchanged. */
export interface ServiceAccount {
  client_email: string
  private_key: string
  private_key_id?: string
  token_uri?: string
  [member: string]: unknown
}

/** Options of {@link jwtBearerGrant}: a key, a service account, or a ready assertion. Times are seconds. */
export interface JwtBearerOptions extends Partial<SigningKey> {
  /**
   * Google's key file, parsed: it sets issuer, key, key id and audience, and `scope` goes into the assertion.
   */
  serviceAccount?: ServiceAccount
  /** A ready assertion, or a function that returns one for each token. */
  assertion?: string | (() => Awaitable<string>)
  /** `iss`. Default: the session's `client_id`. */
  issuer?: string
  /**
   * `sub`: the person to act for. Default: the issuer; a service account acts for another person only with
   * this.
   */
  subject?: string
  /** `aud`. Default: the server's issuer; without one in the metadata, its token endpoint. */
  audience?: string
  /** Life of an assertion. Default 60; 3600 for a service account. */
  lifetime?: number
  /** More claims; `jti` is always fresh. */
  claims?: Record<string, unknown>
  /** More header parameters. */
  header?: Record<string, unknown>
  scope?: string | readonly string[]
  /** The place of `scope`. Default `body`; `claims` for a service account. */
  scopeIn?: 'body' | 'claims'
}

const OPTIONS: Record<keyof JwtBearerOptions, true> = {
  key: true,
  alg: true,
  kid: true,
  serviceAccount: true,
  assertion: true,
  issuer: true,
  subject: true,
  audience: true,
  lifetime: true,
  claims: true,
  header: true,
  scope: true,
  scopeIn: true,
}

/**
 * Gets a token for a signed assertion (service accounts): the session fetches and renews it automatically.
 * @throws OAuthError `OAUTH_INVALID_OPTION` when the key cannot be read or does not fit its algorithm, and
 * for an option that does not exist; `OAUTH_SERVER_REFUSED` (`invalid_grant`); `OAUTH_SIGNATURE_FAILED`;
 * `OAUTH_CRYPTO_MISSING`
 * @see https://www.rfc-editor.org/rfc/rfc7523#section-2.1
 */
export function jwtBearerGrant(options: JwtBearerOptions): UnattendedGrant {
  checkNames(options, OPTIONS)
  const { serviceAccount: account, assertion, claims } = options
  const key = account?.private_key ?? options.key
  if (!key && !assertion) throw oauthError('OAUTH_INVALID_OPTION', 'jwtBearer')
  const sign =
    key &&
    jwtSigner(
      { key, alg: options.alg, kid: options.kid ?? account?.private_key_id },
      { typ: 'JWT', ...options.header },
    )
  const { lifetime = account ? 3600 : 60, scopeIn = account ? 'claims' : 'body' } = options
  return async (endpoint, context) => {
    const { clock, random, crypto, client, resource } = context
    const scope = joinScope(context.scope ?? options.scope)
    let token = await (typeof assertion === 'function' ? assertion() : assertion)
    if (sign) {
      const server = await context.server()
      const iss = options.issuer ?? account?.client_email ?? client.client_id
      const now = Math.floor(clock())
      token = await sign(
        {
          iss,
          sub: options.subject ?? (account ? undefined : iss),
          aud: options.audience ?? account?.token_uri ?? server.issuer ?? server.token_endpoint,
          iat: now,
          exp: now + lifetime,
          ...(scope && scopeIn === 'claims' && { scope }),
          ...claims,
          jti: base64url(random(16)),
        },
        crypto,
      )
    }
    return endpoint({
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      assertion: token,
      scope: scopeIn === 'body' ? scope : undefined,
      resource,
    })
  }
}
