import { type OAuthErrorReason, oauthError } from '../errors.js'
import { checkNames } from '../lib/check-options.js'
import { asyncDispose, type UsedAsync } from '../lib/dispose.js'
import { joinScope } from '../lib/form.js'
import { callEndpoint } from '../server/call.js'
import { checkHooks } from '../server/check-hooks.js'
import { checkResources } from '../server/resource-indicator.js'
import { memoryStore } from '../stores/memory.js'
import { noBackOff } from './back-off.js'
import { checkSessionOptions } from './check-session.js'
import { outlived, watchEnd } from './lives.js'
import { current, usable, waitFor } from './renewal.js'
import type { OAuth2Session, OAuth2SessionOptions, SessionCore } from './session-options.js'
import { end, load, MAX_APIS } from './session-record.js'
import {
  contextOf,
  emit,
  INSIDE,
  type Inside,
  inside,
  locked,
  randomOf,
  renewalsOver,
  type Slot,
  type State,
  transportOf,
} from './session-state.js'

export type * from './session-options.js'

type Session = OAuth2Session & { [INSIDE]: Inside }

const methods: Omit<OAuth2Session, keyof UsedAsync> & ThisType<Session> = {
  async token({ rejected, signal } = {}) {
    const at = this[INSIDE]
    return (!rejected && current(at)) || waitFor(at, rejected, signal)
  },
  current() {
    return current(this[INSIDE])
  },
  async authorized() {
    const at = this[INSIDE]
    await load(at.state)
    const { grant, ending, unaccepted, store } = at.state
    if (ending !== undefined || unaccepted || grant?.ended) return false
    const mayRefresh = !!grant?.refresh_token && !store.readOnly && !outlived(at.state)
    return mayRefresh || usable(at, grant?.tokens[at.slot.key])
  },
  acceptChange() {
    this[INSIDE].state.unaccepted = false
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
      slot = { key, resource, scope, refused: [] }
      state.slots.set(key, slot)
      forgetIdle(state.slots)
    }
    return view(state, slot)
  },
  on(event, listener) {
    const { state } = this[INSIDE]
    state.listeners ??= new Map()
    const { listeners } = state
    const set = listeners.get(event) ?? new Set()
    listeners.set(event, set.add(listener as never))
    if (event === 'ending') watchEnd(state)
    return () => {
      set.delete(listener as never)
    }
  },
  async close() {
    const { state } = this[INSIDE]
    await renewalsOver(state)
    try {
      if (state.unsaved) await locked(state, () => load(state, true))
    } finally {
      state.unsubscribe?.()
      state.unsubscribe = undefined
      state.endWatch?.stop()
    }
    if (state.unsaved) throw oauthError('OAUTH_STORE_WRITE', 'inProcessOnly')
  },
  [asyncDispose]() {
    return this.close()
  },
}

/** Forgets the oldest APIs that nobody waits for; one that is asked for again costs a token request. */
function forgetIdle(slots: Map<string, Slot>): void {
  for (const [key, slot] of slots) {
    if (slots.size <= MAX_APIS) return
    if (!slot.pending && !slot.waiting) slots.delete(key)
  }
}

const view = (state: State, slot: Slot): OAuth2Session =>
  Object.defineProperty(Object.create(methods), INSIDE, { value: { state, slot } })

/** @throws OAuthError `OAUTH_INVALID_OPTION` */
const insist = (holds: unknown, reason: OAuthErrorReason<'OAUTH_INVALID_OPTION'>) => {
  if (!holds) throw oauthError('OAUTH_INVALID_OPTION', reason)
}

/**
 * Makes a session that sends through `transport`. See {@link OAuth2SessionOptions}. @throws OAuthError
 * `OAUTH_INVALID_OPTION`
 */
export function createSession(options: OAuth2SessionOptions, transport: State['transport']): OAuth2Session {
  checkSessionOptions(options)
  checkHooks(options.hooks)
  const { client, server, grant, store = memoryStore(), clock = () => Date.now() / 1000 } = options
  const known = typeof server === 'function' ? server.issuer : (server?.issuer ?? server?.token_endpoint)
  const isUnattended = typeof grant === 'function' && !grant.interactive
  const isShared = store.shared || (options.store && !known && !client)
  insist(!client || client.client_id, 'clientId')
  insist(!grant || isUnattended, 'grant')
  insist(clock() < 1e11, 'clock')
  insist(options.key !== undefined || !isShared, 'key')
  const slot: Slot = { key: '', refused: [] }
  return view(
    {
      options,
      transport,
      store,
      clock,
      key: options.key ?? [known, client?.client_id].join(' '),
      root: slot,
      version: 0,
      readAt: Number.NEGATIVE_INFINITY,
      epoch: 0,
      backOff: noBackOff(),
      leftOver: [],
      learnt: 0,
    },
    slot,
  )
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
      return state.ending !== undefined
    },
    context: () => contextOf(state),
    call: async (endpoint, parameters, call) =>
      callEndpoint(await contextOf(state), endpoint, parameters, call),
    async read() {
      await load(state)
      return state.grant
    },
    end: (reason, revokesLeftOver) => end(state, reason, revokesLeftOver),
    emit: (event, detail) => emit(state, event, detail),
  }
}
