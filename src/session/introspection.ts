import type { Awaitable } from '../auth/scheme.js'
import { oauthError } from '../errors.js'
import type { EndpointContext, ServerCallOptions, ServerResponse } from '../server/call.js'
import { checkCall } from '../server/check-call.js'
import { lacking, processServerResponse } from '../server/token-response.js'
import { core, type OAuth2Session } from './session.js'

/** The server's information about a token; only `active` for an inactive one. */
export interface Introspection {
  active: boolean
  scope?: string
  client_id?: string
  username?: string
  token_type?: string
  exp?: number
  iat?: number
  nbf?: number
  sub?: string
  aud?: string | string[]
  iss?: string
  jti?: string
  [parameter: string]: unknown
}

/** Options of {@link introspectToken}. */
export interface IntrospectionOptions extends ServerCallOptions {
  /** Default: the session's access token. */
  token?: string
  /** Default: `access_token` for the session's own token. `null` omits it. */
  token_type_hint?: 'access_token' | 'refresh_token' | (string & {}) | null
  /**
   * Verifies a JWT response and returns its `token_introspection` claim; only signed responses are then
   * accepted. `introspectionValidator()` of `/oidc` makes one.
   */
  jwt?: (jwt: string, context: EndpointContext) => Awaitable<Record<string, unknown>>
}

/**
 * Judges the answer to an introspection. Of an inactive token no other members are returned.
 * @throws OAuthError as {@link processServerResponse} does; `OAUTH_INVALID_RESPONSE` when `active` is not a
 * boolean, or when there is a `jwt` to verify the answer, and it is none
 * @see https://www.rfc-editor.org/rfc/rfc7662#section-2.2
 */
export async function processIntrospectionResponse(
  response: ServerResponse,
  now: number,
  jwt?: (jwt: string) => Awaitable<Record<string, unknown>>,
): Promise<Introspection> {
  const { status, body } = response
  const signed =
    status === 200 && /^application\/token-introspection\+jwt\b/i.test(response.header('content-type') ?? '')
  const fields = jwt && signed ? await jwt(body) : processServerResponse(response, now)
  // A request for a signed answer must not accept an unsigned one.
  if (jwt && !signed) throw oauthError('OAUTH_INVALID_RESPONSE', 'notSigned', {}, { status })
  if (typeof fields.active !== 'boolean') throw lacking(response, 'active')
  return fields.active ? (fields as Introspection) : { active: false }
}

/**
 * Asks the server about a token: the session's stored access token, expired or not, or another one.
 * @example
 * const { active, scope } = await introspectToken(session, { token: 'the token of a request' })
 * @throws OAuthError as {@link processIntrospectionResponse} and `session.token()` do;
 * `OAUTH_ENDPOINT_MISSING`
 * @see https://www.rfc-editor.org/rfc/rfc7662#section-2.1
 */
export async function introspectToken(
  session: OAuth2Session,
  options: IntrospectionOptions = {},
): Promise<Introspection> {
  checkCall(options, { token: true, token_type_hint: true, jwt: true })
  const { token, token_type_hint, jwt, ...call } = options
  const inside = core(session)
  const { resource, scope } = inside.target
  const own = async () => {
    const stored = resource || scope ? undefined : (await inside.read())?.tokens['']
    return (stored ?? session.current() ?? (await session.token())).access_token
  }
  const response = await inside.call(
    'introspection',
    {
      token: token ?? (await own()),
      token_type_hint: token_type_hint === undefined && !token ? 'access_token' : token_type_hint,
    },
    jwt ? { ...call, headers: { Accept: 'application/token-introspection+jwt', ...call.headers } } : call,
  )
  return processIntrospectionResponse(
    response,
    inside.clock(),
    jwt && (async signed => jwt(signed, await inside.context())),
  )
}
