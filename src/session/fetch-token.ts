import { oauthError } from '../errors.js'
import type { Grant, TokenEndpoint } from '../grants/grant.js'
import { joinScope } from '../lib/form.js'
import type { ServerCallOptions } from '../server/call.js'
import { checkCall } from '../server/check-call.js'
import { grantedToken, inOrder, instant, normaliseToken, scopeChange } from '../server/token-response.js'
import { forgetFailures } from './back-off.js'
import { discard } from './connection.js'
import { locked } from './critical-section.js'
import { forgetEnding } from './ending.js'
import { emit } from './events.js'
import { grantContext, grantError, tokenEndpoint } from './grant-context.js'
import { idTokenGate } from './id-tokens.js'
import { subjectOf } from './person.js'
import { compose, insistOnWriting, setUnaccepted } from './record.js'
import { forgetRefused } from './refusals.js'
import type { OAuth2Session } from './session.js'
import { inside, type Lease, type SessionView } from './state.js'
import type { StoredGrant, Token } from './stored-grant.js'
import { otherToken } from './waiting.js'

/** Options of {@link fetchToken} and {@link saveToken}. */
export interface NewGrantOptions extends ServerCallOptions {
  /**
   * Declares that the same person signed in again: requests that were refused meanwhile are sent again with
   * the new token. By default they are only if both grants have an ID token of the same subject.
   */
  sameUser?: boolean
}

/**
 * Runs a grant and stores its token as the session's new grant; returns the token of the server, with
 * `expires_at` (seconds).
 * @example
 * const { access_token, scope } = await fetchToken(session, clientCredentialsGrant({ scope: 'read' }))
 * @throws OAuthError `OAUTH_INVALID_OPTION` for an option that does not exist; `OAUTH_SERVER_REFUSED`,
 * `OAUTH_SERVER_UNAVAILABLE`, `OAUTH_INVALID_RESPONSE`, `OAUTH_UNSUPPORTED_TOKEN_TYPE`, `OAUTH_SESSION_ENDED`
 * (the session was ended meanwhile), `OAUTH_LOCK_TIMEOUT`, `OAUTH_STORE_READ`, and what the grant itself
 * refuses
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-4
 */
export function fetchToken(session: OAuth2Session, grant: Grant, options?: NewGrantOptions): Promise<Token> {
  return begin(session, grant, options)
}

/** What a grant brought, and the scope that it asked for. */
interface Brought {
  token: Token
  asked: string | undefined
}

/** Runs a grant. A token that cannot be used is revoked. @throws OAuthError */
async function runGrant(view: SessionView, grant: Grant, call: ServerCallOptions): Promise<Brought> {
  const { state } = view
  let asked = grant.scope
  let spent: string | undefined
  const send = tokenEndpoint(state, call)
  const endpoint: TokenEndpoint = (parameters, own) => {
    const scope = call.parameters?.scope ?? own?.parameters?.scope ?? parameters.scope
    asked = joinScope(scope as string | undefined) ?? grant.scope
    if (parameters.grant_type === 'refresh_token') spent = parameters.refresh_token as string
    return send(parameters, own)
  }
  const gate = idTokenGate(state)
  try {
    const answer = await grant(endpoint, { ...grantContext(view, gate), signal: call.signal })
    const token = grantedToken(answer, state.clock())
    // a refresh token that the application kept: a server that does not rotate names no other
    const whole = spent && !token.refresh_token ? { ...token, refresh_token: spent } : token
    const admitted = await gate.admit(whole).catch(error => {
      discard(state, token)
      throw error
    })
    return { token: admitted, asked }
  } catch (error) {
    throw grantError(error)
  }
}

/** A sign-in on its way into the store. */
interface SignIn {
  readonly token: Token
  readonly sameUser: boolean | undefined
  /** The session's endings when it began. */
  readonly count: number
  /** True for a token that will not be used: it is revoked. */
  orphaned: boolean
}

const endedMeanwhile = () => oauthError('OAUTH_SESSION_ENDED', 'endedMeanwhile', {}, { error: 'ended' })

/** True if the sign-in belongs to the person of the grant before. */
function isSameUser({ sameUser, token }: SignIn, before: StoredGrant | undefined): boolean {
  const person = subjectOf(before)
  return sameUser ?? (person !== undefined && person === subjectOf(token))
}

/** Stores the sign-in's grant; false where something newer stands in the way. */
async function storeOnce({ state, slot }: SessionView, signIn: SignIn, lease: Lease): Promise<boolean> {
  const { grant: before } = state.record
  const same = isSameUser(signIn, before)
  // some servers give a refresh token at the first sign-in only: that of the same person is kept
  const next = compose(state, slot.key, signIn.token, same && before ? continued(before) : undefined, same)
  signIn.orphaned = false
  if (await state.medium.write(state, next, lease)) return true
  // what continues a grant may have been stored all the same, and be in use
  signIn.orphaned = next.grantId !== before?.grantId
  return false
}

/**
 * The critical section of a sign-in: it replaces the stored grant, unless a log-out came in between.
 */
async function storeSignIn(view: SessionView, signIn: SignIn, lease: Lease): Promise<void> {
  const { state, slot } = view
  const { token, count } = signIn
  forgetRefused(slot, token)
  let endedBefore: unknown = true
  // a second try, because a write that was thought lost may be in the way
  for (let again = true; ; again = false) {
    if (count === state.ending.count) await state.medium.readToReplace(state)
    // a log-out that waited for the lock in vain came in between
    const isEnded = count !== state.ending.count || (state.record.grant?.ended && !endedBefore)
    if (isEnded) {
      signIn.orphaned = true
      throw endedMeanwhile()
    }
    endedBefore = state.record.grant?.ended
    if (await storeOnce(view, signIn, lease)) break
    if (!again || lease.signal.aborted) throw oauthError('OAUTH_STORE_WRITE', 'writtenMeanwhile')
  }
  // a log-out that the store did not take ends with the sign-in after it
  if (count === state.ending.count) forgetEnding(state)
  setUnaccepted(state, false)
  // The person may have allowed an API that the server refused before.
  forgetFailures(state)
}

/** `given`: a token that was there before, and goes on living where it cannot be stored. */
async function begin(
  session: OAuth2Session,
  source: Grant | { given: Token },
  options: NewGrantOptions = {},
): Promise<Token> {
  checkCall(options, { sameUser: true }, { scope: 'It belongs to the grant.' })
  const { sameUser, ...call } = options
  const view = inside(session)
  const { state } = view
  insistOnWriting(state)
  const { count } = state.ending
  const isGiven = 'given' in source
  const { token: brought, asked } = isGiven
    ? { token: source.given, asked: undefined }
    : await runGrant(view, source, call)
  const scopeChanged = scopeChange(asked, brought.scope)
  // An answer without a scope grants the requested one.
  const token = asked && !brought.scope ? { ...brought, scope: asked } : brought
  const signIn: SignIn = { token, sameUser, count, orphaned: !isGiven }
  await locked(state, lease => storeSignIn(view, signIn, lease)).catch(error => {
    if (signIn.orphaned) discard(state, token)
    throw error
  })
  emit(state, 'token', { scope: token.scope, expires_at: token.expires_at, scopeChanged })
  return token
}

// the same person's new grant: nothing of the old one is kept but its name and its refresh token
const continued = (before: StoredGrant): StoredGrant => {
  const { id_token, ended, ...kept } = before
  return { ...kept, tokens: {} }
}

/**
 * Stores a token from elsewhere (a migration, a test, another library) as the session's grant. `expires_at`
 * (seconds) wins over `expires_in`, which counts from now; without either the token is used until it is
 * refused. `expires_at` may also be a `Date`, an ISO string or milliseconds. A refresh token alone is enough:
 * it is spent on first need.
 * @throws OAuthError `OAUTH_INVALID_RESPONSE` without an `access_token` or `refresh_token`,
 * `OAUTH_INVALID_OPTION` for an `expires_at` that is no time, `OAUTH_LOCK_TIMEOUT`, `OAUTH_STORE_READ`
 */
export function saveToken(
  session: OAuth2Session,
  token: Token,
  options?: { sameUser?: boolean },
): Promise<Token>
/**
 * The same with a refresh token alone.
 * @example
 * await saveToken(session, { access_token: 'a', refresh_token: 'r', expires_in: 3600 })
 */
export function saveToken(
  session: OAuth2Session,
  token: { refresh_token: string } & Partial<Token>,
  options?: { sameUser?: boolean },
): Promise<Partial<Token>>
export async function saveToken(
  session: OAuth2Session,
  token: Partial<Token>,
  options?: { sameUser?: boolean },
): Promise<Token> {
  const { clock } = inside(session).state
  return begin(session, { given: givenToken(token, clock()) }, options)
}

/**
 * A token that was got elsewhere, put in order. @throws OAuthError `OAUTH_INVALID_RESPONSE`,
 * `OAUTH_INVALID_OPTION`
 */
function givenToken(token: Partial<Token>, now: number): Token {
  const { access_token, refresh_token, expires_at } = token
  if ((expires_at ?? undefined) !== undefined && instant(expires_at) === undefined)
    throw oauthError('OAUTH_INVALID_OPTION', 'expiresAt')
  const isRefreshAlone =
    access_token === undefined && typeof refresh_token === 'string' && refresh_token !== ''
  return isRefreshAlone ? (inOrder(token, now) as Token) : normaliseToken(token, now)
}

/** Options of {@link refreshToken}. */
export interface RefreshOptions extends ServerCallOptions {}

/**
 * Renews now, independent of the token's age, and returns the new access token with the refresh token and ID
 * token to keep. If another process renewed it meanwhile, it returns that token.
 * @example
 * const { expires_at } = await refreshToken(session) // now, also before the token expires
 * @throws OAuthError as `session.token()` does
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-6
 */
export async function refreshToken(session: OAuth2Session, options?: RefreshOptions): Promise<Token> {
  checkCall(options, {})
  const view = inside(session)
  const { state, slot } = view
  if (!state.record.grant) await state.medium.read(state)
  const token = await otherToken(view, undefined, state.record.grant?.tokens[slot.key], options)
  const { refresh_token, id_token } = state.record.grant ?? {}
  return { ...token, ...(refresh_token && { refresh_token }), ...(id_token && { id_token }) }
}
