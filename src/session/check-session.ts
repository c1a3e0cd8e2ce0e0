import { oauthError } from '../errors.js'
import { checkOptions } from '../lib/check-options.js'
import type { OAuth2SessionOptions } from './session-options.js'

/** Every option of a session; a type that is wrong about one does not compile. */
const OPTIONS: Record<keyof OAuth2SessionOptions, true> = {
  server: true,
  client: true,
  clientAuth: true,
  grant: true,
  refresh: true,
  tokenType: true,
  openid: true,
  store: true,
  key: true,
  leeway: true,
  refreshAhead: true,
  recheck: true,
  timeout: true,
  maxBackOff: true,
  endedBy: true,
  endingAhead: true,
  maxWait: true,
  whenUnauthenticated: true,
  onInteractionRequired: true,
  isTokenExpired: true,
  challenges: true,
  hooks: true,
  http: true,
  clock: true,
  random: true,
  crypto: true,
  allowInsecure: true,
}

const IN_CLIENT = 'It belongs into client: { client_id, client_secret }.'
const IN_SERVER = 'It belongs into server: { … }, or use discover(issuer).'
const IN_GRANT = 'It belongs to the grant, or to createAuthorizationUrl().'
const IN_ATTACH = 'It belongs to attachOAuth2(), as its third argument.'

/** Options in the words of other libraries, or at the wrong place. */
const PLACES: Readonly<Record<string, string>> = {
  client_id: IN_CLIENT,
  clientId: IN_CLIENT,
  client_secret: IN_CLIENT,
  clientSecret: IN_CLIENT,
  issuer: IN_SERVER,
  token_endpoint: IN_SERVER,
  tokenEndpoint: IN_SERVER,
  tokenUrl: IN_SERVER,
  authorization_endpoint: IN_SERVER,
  scope: IN_GRANT,
  redirect_uri: IN_GRANT,
  redirectUri: IN_GRANT,
  allowedOrigins: IN_ATTACH,
  skip: IN_ATTACH,
  storage: 'It is called store.',
  axios: 'It is called http.',
}

/** The functions that make grants. */
const FACTORIES =
  /^(clientCredentials|password|tokenExchange|jwtBearer|saml2Bearer|authorizationCode|deviceCode|ciba|implicit)Grant$/

/**
 * Refuses what can only be a mistake, at the door and by name: an option that resembles one of these, a text
 * in place of the server's metadata, a grant that was not called.
 * @throws OAuthError `OAUTH_INVALID_OPTION`
 */
export function checkSessionOptions(options: OAuth2SessionOptions): void {
  checkOptions(options, Object.keys(OPTIONS), PLACES, true)
  const { server, grant } = options as { server?: unknown; grant?: unknown }
  if (typeof server === 'string') throw oauthError('OAUTH_INVALID_OPTION', 'serverText', { issuer: server })
  const name = typeof grant === 'function' ? grant.name : ''
  if (FACTORIES.test(name)) throw oauthError('OAUTH_INVALID_OPTION', 'uncalledGrant', { name })
}
