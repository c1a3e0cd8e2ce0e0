import type { AuthorizationTransport } from '../authorization/request.js'
import { requestObject } from '../authorization/request-object.js'
import type { SigningFunction } from '../crypto/jws.js'
import { algorithmOf } from '../crypto/keys.js'
import type { PrivateKey } from '../crypto/private-key.js'
import { oauthError } from '../errors.js'
import type { JwtResponseReader } from '../grants/authorization-code.js'
import { idTokenValidator } from '../oidc/id-token.js'
import { jarm } from '../oidc/jarm.js'
import { privateKeyJwt } from '../server/client-auth/private-key-jwt.js'
import { tlsClientAuth } from '../server/client-auth/tls-client-auth.js'
import { type DiscoveryOptions, discover } from '../server/discovery.js'
import type { ClientAuth, ServerMetadata, ServerSource } from '../server/messages.js'
import type { OAuth2SessionOptions } from '../session/session-options.js'
import { bearer } from '../token-types/bearer.js'
import { type DPoPOptions, dpop } from '../token-types/dpop.js'
import { checkAuthorizationUrl, checkRequest } from './rules.js'

/** The signature algorithms that the profile allows. */
const ALGORITHMS = ['PS256', 'ES256', 'EdDSA', 'Ed25519'] as const

/** The signature algorithms that the profile allows; `EdDSA` is Ed25519 under its older name. */
export type Fapi2Algorithm = (typeof ALGORITHMS)[number]

/** Options of {@link fapi2}. */
export interface Fapi2Options {
  /** The authorization server's issuer, from a trusted source; its metadata is read from there. */
  issuer: string
  client_id: string
  /**
   * The client's private key, in any form, for `private_key_jwt`. Without it the client authenticates by its
   * TLS certificate.
   */
  key?: PrivateKey | SigningFunction
  /** Default: the algorithm of the key; `PS256` for RSA keys. A signing function needs it. */
  alg?: Fapi2Algorithm
  /** The key id at the server; default: that of the JWK. */
  kid?: string
  /** The binding of access tokens to this client. Default `dpop`. */
  bind?: 'dpop' | 'mtls'
  /** Node's `https.Agent` with the client certificate; the API's axios instance needs it too. */
  agent?: unknown
  /** The key of DPoP proofs. */
  dpop?: Pick<DPoPOptions, 'key' | 'bindCode'> & { alg?: Fapi2Algorithm }
  /** Adds FAPI 2.0 Message Signing: requests are signed, and responses must be. */
  messageSigning?: boolean
  /** More of the client's metadata, in wire names, without a secret. */
  client?: { client_secret?: never; [parameter: `${string}_${string}`]: unknown }
  discovery?: Omit<DiscoveryOptions, 'metadata'>
}

/** The result of {@link fapi2}: one part for each call of a sign-in. */
export interface Fapi2Profile {
  /** For `createOAuth2Session`, in addition to `store`, `key` and the like. */
  session: Required<
    Pick<OAuth2SessionOptions, 'server' | 'client' | 'clientAuth' | 'tokenType' | 'openid' | 'hooks'>
  >
  /** For the second argument of `createAuthorizationUrl`. */
  parameters: { response_mode?: 'jwt' }
  /** For the third argument of `createAuthorizationUrl`. */
  transport: AuthorizationTransport
  /** For `authorizationCodeGrant`. */
  callback: { jwtResponse?: JwtResponseReader }
}

/** The kinds of signed messages of the server, by their metadata names. */
const SIGNED = ['id_token', 'authorization', 'userinfo', 'introspection'] as const

/** The algorithms of the server that the profile allows; without a list, all allowed ones. */
function allowedOf(server: ServerMetadata, kind: (typeof SIGNED)[number]): string[] {
  const listed = server[`${kind}_signing_alg_values_supported`] as string[] | undefined
  return ALGORITHMS.filter(alg => !listed || listed.includes(alg))
}

/** Adds the requirements of the profile to the metadata. */
function strict(server: ServerMetadata): ServerMetadata {
  const {
    pushed_authorization_request_endpoint,
    code_challenge_methods_supported: methods,
    authorization_endpoint,
  } = server
  if (authorization_endpoint && !pushed_authorization_request_endpoint)
    throw oauthError('OAUTH_DISCOVERY_FAILED', 'fapi', {
      problem: 'pushed_authorization_request_endpoint is missing',
    })
  if (methods && !methods.includes('S256'))
    throw oauthError('OAUTH_DISCOVERY_FAILED', 'fapi', {
      problem: 'S256 is not among code_challenge_methods_supported',
    })
  return {
    ...server,
    require_pushed_authorization_requests: true,
    authorization_response_iss_parameter_supported: true,
    code_challenge_methods_supported: ['S256'],
    ...Object.fromEntries(
      SIGNED.map(kind => [`${kind}_signing_alg_values_supported`, allowedOf(server, kind)]),
    ),
  }
}

function allowed(alg: string | undefined): Fapi2Algorithm {
  if (!ALGORITHMS.includes(alg as Fapi2Algorithm))
    throw oauthError('OAUTH_INVALID_OPTION', 'algorithm', { alg, allowed: 'PS256, ES256 or Ed25519' })
  return alg as Fapi2Algorithm
}

/** The algorithm of the client's key: RSA keys sign with PSS here. */
function signingAlgorithm({ key, alg }: Fapi2Options): Fapi2Algorithm {
  if (alg || typeof key === 'function') return allowed(alg)
  const own = algorithmOf(key as PrivateKey)
  return allowed(own === 'RS256' ? 'PS256' : own)
}

/** The client's authentication, which first checks each request against the profile. */
function guarded(options: Fapi2Options, authenticate: ClientAuth): ClientAuth {
  const { bind, agent, messageSigning = false } = options
  const guard: ClientAuth = (request, context) => {
    checkRequest(request, messageSigning)
    if (agent !== undefined) request.agent = agent
    return authenticate(request, context)
  }
  return authenticate.mtls || bind === 'mtls' ? Object.assign(guard, { mtls: true } as const) : guard
}

/** @throws OAuthError `OAUTH_INVALID_OPTION` */
function checkOptions({ client, key, bind = 'dpop', agent, messageSigning }: Fapi2Options): void {
  if (client && 'client_secret' in client)
    throw oauthError('OAUTH_INVALID_OPTION', 'fapi', { problem: 'a client secret' })
  if (!key && bind === 'dpop' && agent === undefined)
    throw oauthError('OAUTH_INVALID_OPTION', 'missing', { name: 'key or agent' })
  if (messageSigning && !key) throw oauthError('OAUTH_INVALID_OPTION', 'missing', { name: 'key' })
  for (const kind of SIGNED) {
    const registered = client?.[`${kind}_signed_response_alg`]
    if (registered !== undefined) allowed(registered as string)
  }
}

/**
 * Configures a session as the FAPI 2.0 Security Profile requires, and refuses requests that it forbids:
 * pushed requests with PKCE S256, `iss` in every response, `private_key_jwt` or TLS certificates, tokens that
 * are bound by DPoP or TLS, only PS256, ES256 and Ed25519. A sign-in with this profile throws
 * `OAUTH_INVALID_OPTION` for a forbidden request and `OAUTH_DISCOVERY_FAILED` for a server that does not
 * support the profile.
 * @throws OAuthError `OAUTH_INVALID_OPTION` for a key or algorithm that the profile forbids, a client secret,
 * or neither key nor certificate
 * @see https://openid.net/specs/fapi-security-profile-2_0-final.html#section-5.3.3
 * @example
 * const profile = fapi2({ issuer: 'https://bank.example', client_id: 'app', key: process.env.CLIENT_KEY ?? '' })
 * const session = createOAuth2Session(profile.session)
 * const { url, transaction } = await createAuthorizationUrl(
 *   session,
 *   { redirect_uri: 'https://app.example.com/callback', ...profile.parameters },
 *   profile.transport,
 * )
 * // … on the callback page
 * await fetchToken(
 *   session,
 *   authorizationCodeGrant({ authorizationResponse: location.href, transaction, ...profile.callback }),
 * )
 */
export function fapi2(options: Fapi2Options): Fapi2Profile {
  checkOptions(options)
  const { issuer, client_id, key, kid, bind = 'dpop', agent, messageSigning, discovery } = options
  const signing = key && { key, alg: signingAlgorithm(options), kid }
  const source = discover(issuer, discovery)
  const server: ServerSource = Object.assign(
    async (context: Parameters<ServerSource>[0]) => strict(await source(context)),
    { issuer },
  )
  const proof = options.dpop ?? {}
  return {
    session: {
      server,
      client: { ...options.client, client_id },
      clientAuth: guarded(options, signing ? privateKeyJwt(signing) : tlsClientAuth({ agent })),
      tokenType: bind === 'dpop' ? dpop({ ...proof, alg: allowed(proof.alg ?? 'ES256') }) : bearer(),
      openid: idTokenValidator(),
      hooks: { authorizationUrl: checkAuthorizationUrl },
    },
    parameters: messageSigning ? { response_mode: 'jwt' } : {},
    transport: { push: true, ...(messageSigning && signing && { sign: requestObject(signing) }) },
    callback: messageSigning ? { jwtResponse: jarm() } : {},
  }
}
