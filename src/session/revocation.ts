import { isOAuthError, type OAuthError } from '../errors.js'
import type { ServerCallOptions, ServerResponse } from '../server/call.js'
import { checkCall } from '../server/check-call.js'
import { processServerResponse } from '../server/token-response.js'
import { core, type OAuth2Session, type SessionCore } from './session.js'

/** Options of {@link revokeToken}. */
export interface RevocationOptions extends ServerCallOptions {
  /**
   * Revokes this token and leaves the session as it is. Default: the session's refresh token, or else its
   * access tokens.
   */
  token?: string
  /** Default: the kind of the session's own token. `null` omits it. */
  token_type_hint?: 'access_token' | 'refresh_token' | (string & {}) | null
  /**
   * Legacy: the name of a JSONP callback; sends a GET with all parameters in the query, and reads the
   * returned script.
   */
  callback?: string
}

/**
 * Tells whether the server confirmed. If it did not, `retry` asks again for the remaining tokens; before
 * `retryAfter` (seconds) is over, it returns the same result without a call.
 */
export type RevocationResult =
  | { revoked: true }
  | { revoked: false; error: OAuthError; retryAfter?: number; retry: () => Promise<RevocationResult> }

/** The argument of a JSONP script's call; in linear time for any script. */
function argumentOf(script: string): string | undefined {
  const call = script.trim().replace(/;$/, '').trimEnd()
  const begin = call.indexOf('(')
  return begin >= 0 && call.endsWith(')') ? call.slice(begin + 1, -1) : undefined
}

/**
 * Judges the answer to a revocation; of a good one only the status counts. With JSONP the script may hold an
 * error under 200.
 * @throws OAuthError as {@link processServerResponse} does
 * @see https://www.rfc-editor.org/rfc/rfc7009#section-2.2
 */
export function processRevocationResponse(response: ServerResponse, now: number, jsonp?: boolean): void {
  const { status, body } = response
  const script = jsonp && argumentOf(body)
  if (script || status < 200 || status > 299)
    processServerResponse(
      script ? { ...response, header: name => response.header(name), body: script } : response,
      now,
    )
}

/** A running log-out. */
interface LogOut {
  readonly inside: SessionCore
  readonly options: RevocationOptions
  /** The tokens that the server has not confirmed yet. */
  readonly left: [token: string, hint: string | undefined][]
  /** True if the session is over, here and in its store. */
  isEnded: boolean
  isRetry: boolean
}

/** Ends the session and notes every token that may still be good; returns the error of the store. */
async function endSession(logOut: LogOut): Promise<OAuthError | undefined> {
  const { inside, left } = logOut
  const { before, leftOver, failure } = await inside.end('revoked', true)
  logOut.isEnded = !failure
  const add = (token: string | undefined, hint: string) => {
    if (token && !left.some(([known]) => known === token)) left.push([token, hint])
  }
  // A concurrent renewal may have stored a newer token; without rotation the old one is still valid.
  for (const grant of [before, ...leftOver]) add(grant?.refresh_token, 'refresh_token')
  // Revoking a refresh token revokes the whole grant.
  const others = [...Object.values(before?.tokens ?? {}), ...leftOver]
  if (left.length === 0) for (const { access_token } of others) add(access_token, 'access_token')
  return failure
}

/** Asks the server to revoke the remaining tokens, one after the other. */
async function revokeLeft({ inside, options, left }: LogOut): Promise<void> {
  const { token: _, token_type_hint, callback, ...call } = options
  for (let next = left[0]; next; next = left[0]) {
    const [token, hint] = next
    const parameters = {
      token,
      token_type_hint: token_type_hint === undefined ? hint : token_type_hint,
      callback,
    }
    const response = await inside.call('revocation', parameters, callback ? { ...call, method: 'GET' } : call)
    processRevocationResponse(response, inside.clock(), !!callback)
    left.shift()
  }
}

async function tryLogOut(logOut: LogOut): Promise<RevocationResult> {
  const { inside } = logOut
  // A retry must not end a session of a later sign-in.
  const isOver = logOut.isEnded || (logOut.isRetry && !inside.ending)
  let failure: OAuthError | undefined
  try {
    if (!isOver) failure = await endSession(logOut)
    logOut.isRetry = true
    await revokeLeft(logOut)
    return failure ? failed(logOut, failure, 0) : { revoked: true }
  } catch (error) {
    if (!isOAuthError(error)) throw error
    // A session that goes on in the store is worse news than a server without an answer.
    return failed(logOut, failure ?? error, inside.clock() + (error.retryAfter ?? 0))
  }
}

function failed(logOut: LogOut, error: OAuthError, notBefore: number): RevocationResult {
  const { clock } = logOut.inside
  const retryAfter = Math.ceil(notBefore - clock())
  return {
    revoked: false,
    error,
    ...(retryAfter > 0 && { retryAfter }),
    retry: async () => (clock() < notBefore ? failed(logOut, error, notBefore) : tryLogOut(logOut)),
  }
}

/**
 * Logs out: ends the session here at once, whatever the server answers, then revokes its tokens at the
 * server. Without tokens to revoke the result is `{ revoked: true }`. With `token` it revokes only that one
 * and leaves the session as it is. It does not reject if the server did not confirm, or if the store did not
 * accept the end of the session (`OAUTH_STORE_WRITE`): the result says so and can be retried.
 * @example
 * const result = await revokeToken(session) // the session is over in any case
 * if (!result.revoked) setTimeout(() => result.retry(), (result.retryAfter ?? 1) * 1000)
 * @see https://www.rfc-editor.org/rfc/rfc7009#section-2.1
 */
export async function revokeToken(
  session: OAuth2Session,
  options: RevocationOptions = {},
): Promise<RevocationResult> {
  checkCall(options, { token: true, token_type_hint: true, callback: true })
  const { token } = options
  return tryLogOut({
    inside: core(session),
    options,
    left: token ? [[token, undefined]] : [],
    isEnded: !!token,
    isRetry: false,
  })
}
