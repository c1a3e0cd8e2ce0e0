import { validateByClaims } from '../authorization/id-token-claims.js'
import {
  type AuthorizationResponse,
  checkAuthorizationResponse,
  parseAuthorizationResponse,
} from '../authorization/response.js'
import type { AuthorizationTransaction } from '../authorization/transaction.js'
import { oauthError } from '../errors.js'
import type { ClientMetadata, Clock, Send, ServerCallOptions, ServerMetadata } from '../server/call.js'
import { checkCall } from '../server/check-call.js'
import type { Token } from '../server/token.js'
import type { Grant, GrantContext, IdTokenExpectation } from './grant.js'

/**
 * Verifies an authorization response that is a JWT and returns its parameters; `jarm()` of `/oidc` makes one.
 */
export type JwtResponseReader = (
  jwt: string,
  context: { server: ServerMetadata; client: ClientMetadata; clock: Clock; send: Send },
) => Promise<Record<string, unknown>>

/** Options of {@link authorizationCodeGrant}. */
export interface AuthorizationCodeGrantOptions extends ServerCallOptions {
  /** The callback: its URL, its form body, or its parameters. */
  authorizationResponse: AuthorizationResponse
  /** The transaction from {@link createAuthorizationUrl}. */
  transaction: AuthorizationTransaction
  /** For responses that were requested as a JWT (`response_mode: 'jwt'`): any other is then refused. */
  jwtResponse?: JwtResponseReader
}

const OPTIONS = { authorizationResponse: true, transaction: true, jwtResponse: true } as const

const REMEMBERED = 'The transaction remembers it.'

/** Options of other libraries that are not needed here. */
const PLACES = {
  redirect_uri: REMEMBERED,
  redirectUri: REMEMBERED,
  code_verifier: REMEMBERED,
  codeVerifier: REMEMBERED,
  scope: REMEMBERED,
  code: 'It stands in authorizationResponse.',
  state: 'It stands in authorizationResponse.',
}

/** The context of a callback. */
interface Callback {
  readonly context: GrantContext
  readonly transaction: AuthorizationTransaction
  /** Parameters of the callback. */
  readonly front: Record<string, string>
  readonly isHybrid: boolean
  validate(idToken: string, expected: IdTokenExpectation): Promise<Record<string, unknown>>
}

/** The parameters of the callback; those of a JWT (JARM) after its verification. */
async function readResponse(
  response: AuthorizationResponse,
  jwtResponse: JwtResponseReader | undefined,
  context: Parameters<JwtResponseReader>[1],
): Promise<AuthorizationResponse> {
  if (!jwtResponse) return response
  const jwt = parseAuthorizationResponse(response).response
  if (!jwt) throw oauthError('OAUTH_INVALID_RESPONSE', 'notJwt')
  return jwtResponse(jwt, context)
}

/** Validates the ID token from the browser; returns its claims. */
async function checkFront({ context, transaction, front, isHybrid, validate }: Callback) {
  const { id_token, code, access_token } = front
  if (isHybrid && !id_token) throw oauthError('OAUTH_ID_TOKEN_INVALID', 'absent')
  // It was not requested and cannot be verified, so it is ignored.
  if (!id_token || !(isHybrid || context.openid)) return undefined
  const hasToken = transaction.response_type.split(' ').includes('token')
  return validate(id_token, {
    nonce: transaction.nonce,
    code,
    state: transaction.state,
    access_token: hasToken ? access_token : undefined,
    front: true,
  })
}

/** Validates the ID token of the token response, and compares it with the one from the browser. */
async function checkBack(
  callback: Callback,
  token: Token,
  before: Record<string, unknown> | undefined,
): Promise<void> {
  const { context, transaction, front, isHybrid, validate } = callback
  const { id_token, access_token, scope = transaction.scope } = token
  const { nonce, max_age } = transaction
  const wasAskedFor = context.openid && nonce && / openid /.test(` ${scope} `)
  if (!id_token && (isHybrid || wasAskedFor)) throw oauthError('OAUTH_ID_TOKEN_INVALID', 'absent')
  if (!id_token) return
  const claims = await validate(id_token, { nonce, max_age, code: front.code, access_token })
  const isSame = !before || (claims.sub === before.sub && claims.iss === before.iss)
  if (!isSame) throw oauthError('OAUTH_ID_TOKEN_INVALID', 'anotherSubject')
}

/**
 * Finishes a sign-in: judges the callback (`state`, `iss`, `error`, `code`, in this order), exchanges the
 * code, and checks the ID token if there is one. Pass it to `fetchToken`.
 * @example
 * const transaction = JSON.parse(sessionStorage.getItem('signin') ?? '{}')
 * sessionStorage.removeItem('signin')
 * await fetchToken(session, authorizationCodeGrant({ authorizationResponse: location.href, transaction }))
 * @throws OAuthError `OAUTH_INVALID_OPTION` for an option that does not exist; what
 * {@link checkAuthorizationResponse} throws, `OAUTH_CODE_MISSING`, `OAUTH_ID_TOKEN_INVALID`, and what the
 * token endpoint throws
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-4.1.3
 */
export function authorizationCodeGrant(
  given: AuthorizationCodeGrantOptions,
): Grant & { readonly interactive: true } {
  checkCall(given, OPTIONS, PLACES)
  const { authorizationResponse, transaction, jwtResponse, ...options } = given
  const grant: Grant = async (endpoint, context) => {
    const { client, clock, send, validateIdToken } = context
    const at = { server: await context.server(), client, clock }
    const response = await readResponse(authorizationResponse, jwtResponse, { ...at, send })
    const front = checkAuthorizationResponse(response, transaction, at)
    const { code } = front
    if (!code) throw oauthError('OAUTH_CODE_MISSING', 'code')
    const callback: Callback = {
      context,
      transaction,
      front,
      isHybrid: transaction.response_type.split(' ').includes('id_token'),
      validate: validateIdToken ?? ((idToken, expected) => validateByClaims(idToken, { ...at, ...expected })),
    }
    const before = await checkFront(callback)
    const { redirect_uri, code_verifier, resource } = transaction
    const parameters = { grant_type: 'authorization_code', code, redirect_uri, code_verifier, resource }
    const token = await endpoint(parameters, options)
    await checkBack(callback, token, before)
    return token
  }
  return Object.assign(grant, { interactive: true as const, scope: transaction?.scope })
}
