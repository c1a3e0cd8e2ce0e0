import { isUnder } from '../auth/origins.js'
import { oauthError } from '../errors.js'
import type { AuthSource, SchemeOptions } from './attach-options.js'
import { type Adapter, axios, type Instance, resolveAdapter, resolveAdapterAlone } from './axios.js'
import type { AxiosLike, AxiosLikeConfig, AxiosLikeResponse } from './axios-like.js'
import { type Attachment, createEntry, type Entry } from './entry.js'
import { axiosError, hide } from './errors.js'
import { explainRequest, type Rules } from './explain.js'
import { sendSkipped } from './skipped.js'

/** A pair of interceptors, for wrappers of axios that only take interceptors. */
export interface OAuthInterceptors {
  /**
   * For `interceptors.request.use(request, null, { synchronous: true })`: it never waits and never throws.
   */
  request: <C>(config: C) => C
  /** For `interceptors.response.use(response, responseError)`. */
  response: <R>(response: R) => R | Promise<R>
  responseError: (error: unknown) => Promise<never>
}

// registered symbols: two copies of this package on one instance meet
const MARK = /* @__PURE__ */ Symbol.for('axios-oauth-interceptor')

type Marked = { [MARK]?: unknown }

/**
 * The state of an instance while something is attached to it. Another copy of this package may have created
 * it.
 */
interface State {
  entries: Entry[]
  /** False when the application cleared the instance's interceptors. */
  isRegistered?(): boolean
  /** Registers the interceptors again. */
  register?(): void
  /** Registers the response interceptor. Most attachments need none, and it costs every request a turn. */
  watch(): void
  eject(): void
}

const conflict = () => oauthError('OAUTH_ORIGIN_CONFLICT', 'claimedTwice')

/** Picks the entry of a request and sends with it; a request without an entry is sent unchanged. */
function route(
  entries: readonly Entry[],
  config: AxiosLikeConfig,
  adapter: Adapter,
): Promise<AxiosLikeResponse> {
  let chosen: Entry | undefined
  let place: URL | true | undefined
  for (const entry of entries) {
    const located = entry.locate(config)
    if (located && chosen) throw conflict()
    if (located) {
      chosen = entry
      place = located
    }
  }
  return (place && chosen?.send(config, adapter, place)) || sendSkipped(entries, config, adapter)
}

/** Makes the interceptors of a list of entries; `resolve` answers the function behind an adapter. */
function interceptorsOf<I extends Instance | undefined>(
  entries: readonly Entry[],
  resolve: (adapter: unknown, config: AxiosLikeConfig, instance: I) => Adapter,
  instance: I,
): OAuthInterceptors {
  const settled = (value: unknown, failed: boolean) => {
    for (const entry of entries) {
      const renewed = entry.reconsider(value, failed)
      if (renewed) return renewed
    }
    return failed ? Promise.reject(value) : value
  }
  return {
    request: input => {
      const config = input as AxiosLikeConfig | undefined
      // Another interceptor broke the configuration: axios reports it.
      if (!config) return input
      let original = config.adapter
      // A plugin that sends a request again passes our wrapper.
      while ((original as Marked | undefined)?.[MARK] !== undefined) original = (original as Marked)[MARK]
      const wrapper = (final: AxiosLikeConfig) => {
        final.adapter = original
        try {
          return route(entries, final, resolve(original, final, instance))
        } catch (error) {
          return Promise.reject(axiosError(error, final))
        }
      }
      wrapper[MARK] = original ?? null
      if (Object.isFrozen(config)) return { ...config, adapter: wrapper } as typeof input
      config.adapter = wrapper
      return input
    },
    response: value => settled(value, false) as typeof value,
    responseError: error => settled(error, true) as Promise<never>,
  }
}

/**
 * True while the list has this interceptor, or if this version of axios hides the list.
 */
const isAmong = ({ handlers }: Instance['interceptors']['request'], fulfilled: unknown) =>
  !handlers || handlers.some(handler => handler?.fulfilled === fulfilled)

/** Returns the state of an instance, and creates it first if necessary. */
function stateOf(instance: Instance & { [MARK]?: State }): State {
  const existing = instance[MARK]
  existing?.register?.()
  if (existing) return existing
  const entries: Entry[] = []
  const { request, response, responseError } = interceptorsOf(entries, resolveAdapter, instance)
  const { interceptors } = instance
  const use = () => interceptors.request.use(request, null, { synchronous: true })
  const watch = () => interceptors.response.use(response, responseError)
  let id = use()
  let watcher: number | undefined
  const state: State = {
    entries,
    isRegistered: () => isAmong(interceptors.request, request),
    register() {
      if (!isAmong(interceptors.request, request)) id = use()
      if (watcher !== undefined && !isAmong(interceptors.response, response)) watcher = watch()
    },
    watch() {
      watcher ??= watch()
    },
    eject() {
      interceptors.request.eject(id)
      if (watcher !== undefined) interceptors.response.eject(watcher)
      delete instance[MARK]
    },
  }
  hide(instance, MARK, state)
  return state
}

/**
 * @throws OAuthError `OAUTH_INVALID_OPTION` for axios 1.0.0, which sends `/a?b=1` as `/ab=1`: no signature
 * could be right
 */
function refuseBrokenAxios(): void {
  if (axios.VERSION === '1.0.0') throw oauthError('OAUTH_INVALID_OPTION', 'brokenAxios')
}

/**
 * Attaches a custom scheme to an axios instance: its requests to the allowed origins are authenticated,
 * refused ones are sent again. Attaching the same scheme (or `identity`) again returns the same attachment.
 * @example
 * const apiKey: Auth = {
 *   async *flow(request) {
 *     request.setHeader('X-Api-Key', 'secret')
 *     yield request
 *   },
 * }
 * const attachment = attach(axios.create({ baseURL: 'https://api.example.com' }), apiKey)
 * attachment.detach() // undoes it
 * @throws OAuthError `OAUTH_ORIGIN_REQUIRED` without any origin to go by, `OAUTH_ORIGIN_CONFLICT` when
 * another attachment of the instance claims one of them, `OAUTH_INVALID_OPTION`, `OAUTH_INSECURE_URL`.
 */
export function attach(target: AxiosLike, scheme: AuthSource, options: SchemeOptions = {}): Attachment {
  const instance = target as unknown as Instance & { [MARK]?: State }
  refuseBrokenAxios()
  const entry = createEntry(scheme, options, instance)
  const state = stateOf(instance)
  const { entries } = state
  const same = entries.find(other => other.identity === entry.identity)
  if (same?.attachment) return same.attachment
  const rival = entries.some(other =>
    other.prefixes?.some(theirs =>
      entry.prefixes?.some(ours => isUnder(ours, theirs) || isUnder(theirs, ours)),
    ),
  )
  if (rival) throw conflict()
  entries.push(entry)
  if (entry.watches) state.watch()
  entry.attachment = {
    detach() {
      if (!entries.includes(entry)) return
      entries.splice(entries.indexOf(entry), 1)
      if (entries.length === 0) state.eject()
    },
    explain: config =>
      explainRequest(
        entry.rules as Rules,
        config,
        entries.includes(entry) && instance[MARK] === state && state.isRegistered?.() !== false,
      ),
  }
  return entry.attachment
}

/**
 * Creates the interceptors that {@link attach} registers, for a wrapper of axios that only takes
 * interceptors. There is no instance to read settings from: `allowedOrigins` is required outside a browser
 * page, and every `Authorization` of a request counts as its own.
 * @throws OAuthError as {@link attach} does.
 */
export function createInterceptors(scheme: AuthSource, options: SchemeOptions): OAuthInterceptors {
  return interceptorsOf([createEntry(scheme, options)], resolveAdapterAlone, undefined)
}
