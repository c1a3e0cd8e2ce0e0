import { afterAwake } from '../lib/timer.js'
import { emit } from './events.js'
import { claimsOf } from './person.js'
import type { State } from './state.js'
import type { StoredGrant, Token } from './stored-grant.js'

/**
 * Members of a token response that name the life of its refresh token, in seconds; the first is Keycloak's,
 * the second Entra's and GitHub's.
 */
const REFRESH_LIVES = ['refresh_expires_in', 'refresh_token_expires_in', 'refresh_token_timeout'] as const

/** Timers cannot count more than 24 days. */
const DAY = 86_400

/** The lives of the refresh token and of the session in a token response, in seconds since the epoch. */
export type Lives = Pick<StoredGrant, 'refresh_expires_at' | 'session_ends_at'>

/**
 * A positive number, also one written as text; 0 is what Keycloak says of a refresh token that does not
 * expire.
 */
const positive = (value: unknown): number | undefined => (Number(value) > 0 ? Number(value) : undefined)

const after = (now: number, seconds: number | undefined) => seconds && now + seconds

/** `session_expiry` is a time, in the ID token or beside it. */
const sessionExpiry = (token: Token): number | undefined =>
  positive(token.session_expiry) ?? positive(claimsOf(token)?.session_expiry)

/** Reads the lives in a token response; missing ones are those of `base`, whose refresh token continues. */
export function livesOf(token: Token, now: number, base?: StoredGrant): Lives {
  const life = REFRESH_LIVES.map(name => positive(token[name])).find(Boolean)
  const isNewToken = token.refresh_token !== undefined && token.refresh_token !== base?.refresh_token
  const refresh_expires_at = after(now, life) ?? (isNewToken ? undefined : base?.refresh_expires_at)
  const session_ends_at =
    sessionExpiry(token) ?? after(now, positive(token.authorization_expires_in)) ?? base?.session_ends_at
  return { ...(refresh_expires_at && { refresh_expires_at }), ...(session_ends_at && { session_ends_at }) }
}

/**
 * The reason why nothing can be renewed any more: the refresh token or the whole session has outlived its
 * time.
 */
export function outlived(state: State): 'session_expired' | 'refresh_token_expired' | undefined {
  const { grant } = state.record
  if (isPast(state, grant?.session_ends_at)) return 'session_expired'
  return grant?.refresh_token && isPast(state, grant.refresh_expires_at) ? 'refresh_token_expired' : undefined
}

const isPast = ({ clock }: State, at: number | undefined) => !!at && at <= clock()

/** Stops the timer of {@link watchEnd}. */
export const stopWatching = ({ endWatch }: State): void => endWatch?.stop()

/** The end of the session without another sign-in; `undefined` if the server announces none. */
function endOf({ record: { grant }, options }: State): number | undefined {
  if (!grant || grant.ended) return undefined
  const { refresh_expires_at, session_ends_at } = grant
  const [session, token] = [session_ends_at, options.grant ? undefined : refresh_expires_at]
  return session && token ? Math.min(session, token) : (session ?? token)
}

/** Emits `ending` once for each end, `endingAhead` seconds before; no timer runs without a listener. */
export function watchEnd(state: State): void {
  const own: { endWatch?: State['endWatch'] } = state
  const watch = state.endWatch
  watch?.stop()
  const at = endOf(state)
  if (!at || watch?.told === at || !state.listeners?.get('ending')?.size) return
  const tell = () => {
    own.endWatch = { told: at, stop() {} }
    emit(state, 'ending', { ends_at: at })
  }
  const wait = at - (state.options.endingAhead ?? 300) - state.clock()
  const soon = () => (wait > DAY ? watchEnd(state) : tell())
  if (wait <= 0) tell()
  else own.endWatch = { told: watch?.told, stop: afterAwake(Math.min(wait, DAY), soon, false) }
}
