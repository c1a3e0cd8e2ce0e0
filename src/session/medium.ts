import { oauthError } from '../errors.js'
import { identify } from './connection.js'
import { learn, noteWritten } from './record.js'
import type { Medium, State } from './state.js'
import type { Lock, StoredGrant, TokenStore } from './stored-grant.js'

/** Where a store carries its medium. The number changes with the interface of {@link Medium}. */
const MEDIUM = /* @__PURE__ */ Symbol.for('axios-oauth-interceptor.medium.1')

/**
 * Gives a store its medium. A copy of the store (`{ ...store, set }`) has none: it may fail where this one
 * cannot.
 */
export const withMedium = <S extends TokenStore>(store: S, medium: Medium): S =>
  Object.defineProperty(store, MEDIUM, { value: medium, configurable: true })

/** The medium of a store. @throws OAuthError `OAUTH_INVALID_OPTION` for a store that has none */
export function mediumOf(store: TokenStore): Medium {
  const medium = (store as { [MEDIUM]?: Medium })[MEDIUM]
  if (!medium) throw oauthError('OAUTH_INVALID_OPTION', 'plainStore')
  return medium
}

/** Milliseconds before another try to write, longer after each one. */
export const pause = (attempt: number): Promise<void> =>
  new Promise(resolve => setTimeout(resolve, 50 * 4 ** attempt))

const takeRead = (state: State) => learn(state, state.store.get(state.key) as StoredGrant | undefined)

async function readLocked(state: State): Promise<void> {
  await identify(state)
  takeRead(state)
}

/** The memory of this process: it is always there, answers at once, and only sessions write it. */
export const localMedium = (lock: Lock): Medium => ({
  lock,
  async read(state) {
    await identify(state).catch(() => {})
    takeRead(state)
  },
  readLocked,
  readToReplace: readLocked,
  async write(state, grant) {
    if (state.store.set(state.key, grant) === false) return false
    noteWritten(state, grant)
    return true
  },
  async writeAgain(state) {
    await readLocked(state)
    return undefined
  },
  async close() {},
})
