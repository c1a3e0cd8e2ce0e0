import { type OAuthErrorReason, oauthError } from '../errors.js'
import { checkNames } from '../lib/check-options.js'
import { asyncDispose, type UsedAsync } from '../lib/dispose.js'
import { joinScope } from '../lib/form.js'
import { callEndpoint } from '../server/call.js'
import { checkHooks } from '../server/check-hooks.js'
import { checkResources } from '../server/resource-indicator.js'
import { memoryStore } from '../stores/memory.js'
import { checkSessionOptions } from './check-session.js'
import { contextOf, randomOf, transportOf } from './connection.js'
import { end, forgetEnding, isEnding, NO_ENDING, renewalsOver } from './ending.js'
import { emit, listen } from './events.js'
import { outlived, stopWatching, watchEnd } from './lives.js'
import { mediumOf } from './medium.js'
import { MAX_APIS, noRecord, setUnaccepted } from './record.js'
import { NONE_REFUSED } from './refusals.js'
import type { OAuth2Session, OAuth2SessionOptions, SessionCore } from './session-options.js'
import { isUsable } from './standing.js'
import { INSIDE, inside, type SessionView, type State, type TokenSlot, type Transport } from './state.js'
import { current, waitForToken } from './waiting.js'

export type * from './session-options.js'

type Session = OAuth2Session & { [INSIDE]: SessionView }

const methods: Omit<OAuth2Session, keyof UsedAsync> & ThisType<Session> = {
  async token({ rejected, signal } = {}) {
    const view = this[INSIDE]
    return (!rejected && current(view)) || waitForToken(view, rejected, signal)
  },
  current() {
    return current(this[INSIDE])
  },
  async authorized() {
    const view = this[INSIDE]
    const { state, slot } = view
    await state.medium.read(state)
    const { grant, unaccepted } = state.record
    if (isEnding(state) || unaccepted || grant?.ended) return false
    const mayRefresh = !!grant?.refresh_token && !state.store.readOnly && !outlived(state)
    return mayRefresh || isUsable(view, grant?.tokens[slot.key])
  },
  acceptChange() {
    const { state } = this[INSIDE]
    // The grant of an unfinished log-out is no longer in the store.
    if (state.record.unaccepted) forgetEnding(state)
    setUnaccepted(state, false)
  },
  for(target) {
    checkNames(target, { resource: true, scope: true })
    const { resource, scope: scopes } = target
    checkResources(resource)
    const { state } = this[INSIDE]
    const scope = joinScope(scopes)
    if (!resource && !scope) return view(state, state.root)
    const key = [resource, scope].join(' ')
    state.slots ??= new Map()
    let slot = state.slots.get(key)
    if (!slot) {
      slot = { key, resource, scope, refused: NONE_REFUSED }
      state.slots.set(key, slot)
      forgetIdle(state.slots)
    }
    return view(state, slot)
  },
  on(event, listener) {
    const { state } = this[INSIDE]
    const stop = listen(state, event, listener)
    if (event === 'ending') watchEnd(state)
    return stop
  },
  async close() {
    const { state } = this[INSIDE]
    await renewalsOver(state)
    await state.medium.close(state).finally(() => stopWatching(state))
  },
  [asyncDispose]() {
    return this.close()
  },
}

/** Forgets the oldest APIs that no caller waits for; one that is asked for again costs a token request. */
function forgetIdle(slots: Map<string, TokenSlot>): void {
  for (const [key, slot] of slots) {
    if (slots.size <= MAX_APIS) return
    if (!slot.renewal && !slot.waiting) slots.delete(key)
  }
}

const view = (state: State, slot: TokenSlot): OAuth2Session =>
  Object.defineProperty(Object.create(methods), INSIDE, { value: { state, slot } })

/** @throws OAuthError `OAUTH_INVALID_OPTION` */
const insist = (holds: unknown, reason: OAuthErrorReason<'OAUTH_INVALID_OPTION'>) => {
  if (!holds) throw oauthError('OAUTH_INVALID_OPTION', reason)
}

/** @throws OAuthError `OAUTH_INVALID_OPTION` */
function checkOptions(options: OAuth2SessionOptions, clock: () => number, isNamed: boolean): void {
  checkSessionOptions(options)
  checkHooks(options.hooks)
  const { client, grant, store, key } = options
  const isUnattended = typeof grant === 'function' && !grant.interactive
  const isShared = store?.shared || (store && !isNamed && !client)
  insist(!client || client.client_id, 'clientId')
  insist(!grant || isUnattended, 'grant')
  insist(clock() < 1e11, 'clock')
  insist(key !== undefined || !isShared, 'key')
}

/**
 * Makes a session that sends through `transport`. See {@link OAuth2SessionOptions}. @throws OAuthError
 * `OAUTH_INVALID_OPTION`
 */
export function createSession(
  options: OAuth2SessionOptions,
  transport: Transport | ((options: OAuth2SessionOptions) => Transport),
): OAuth2Session {
  const { client, server, clock = () => Date.now() / 1000 } = options
  const known = typeof server === 'function' ? server.issuer : (server?.issuer ?? server?.token_endpoint)
  checkOptions(options, clock, !!known)
  const { store = memoryStore(), key = [known, client?.client_id].join(' ') } = options
  const root: TokenSlot = { key: '', refused: NONE_REFUSED }
  const state: State = {
    options,
    key,
    store,
    medium: mediumOf(store),
    clock,
    connection: { transport },
    record: noRecord(),
    ending: NO_ENDING,
    root,
  }
  return view(state, root)
}

/** The inside of a session for the functions that take one. Not for users. */
export function core(session: OAuth2Session): SessionCore {
  const { state, slot } = inside(session)
  const { options, clock } = state
  return {
    options,
    client: options.client ?? { client_id: '' },
    clock,
    random: randomOf(options),
    get http() {
      return transportOf(state).http
    },
    target: slot,
    get ending() {
      return isEnding(state)
    },
    context: () => contextOf(state),
    call: async (endpoint, parameters, call) =>
      callEndpoint(await contextOf(state), endpoint, parameters, call),
    async read() {
      await state.medium.read(state)
      return state.record.grant
    },
    end: (reason, revokesLeftOver) => end(state, reason, revokesLeftOver),
    emit: (event, detail) => emit(state, event, detail),
  }
}
