import imported from 'axios'
import type { AxiosLikeConfig, AxiosLikeResponse } from './axios-like.js'
import { type Holder, holdersOf } from './holders.js'

/** The workable shape of an instance, for use inside; {@link AxiosLike} is what the public signatures say. */
export interface Instance {
  (config: AxiosLikeConfig): Promise<AxiosLikeResponse>
  defaults: AxiosLikeConfig & { headers?: Record<string, unknown> }
  interceptors: {
    request: Interceptors
    response: Interceptors
  }
  request(config: AxiosLikeConfig): Promise<AxiosLikeResponse>
  getUri(config: AxiosLikeConfig): string
  /** On instances since 0.22. */
  create?(defaults?: AxiosLikeConfig): Instance
}

interface Interceptors {
  use(fulfilled: unknown, rejected?: unknown, options?: { synchronous: boolean }): number
  eject(id: number): void
  /** The list; `null` where one was ejected. */
  handlers?: ({ fulfilled?: unknown } | null)[]
}

/** An adapter: what sends a request. */
export type Adapter = (config: AxiosLikeConfig) => Promise<AxiosLikeResponse>

/** What the static has and instances lack; all of it depends on the version. */
interface Static extends Instance {
  /** Since 0.22. */
  VERSION?: string
  create(defaults?: AxiosLikeConfig): Instance
  getAdapter?(names: unknown, config: AxiosLikeConfig): Adapter
  AxiosHeaders?: new () => object
  AxiosError?: new (
    message: string,
    code?: string,
    config?: unknown,
    request?: unknown,
    response?: unknown,
  ) => Error
  CanceledError?: new (message: undefined, config: unknown) => object
  Cancel: new (message: string) => object
}

const unwrapped = imported as unknown as Static & { default?: Static }

/** This package's axios: the peer's default export, however the bundler or loader wraps it. */
export const axios: Static = /* @__PURE__ */ (() => unwrapped.default ?? unwrapped)()

const same = (data: unknown) => data

/** True when `instance` comes from the same copy of axios as ours, and so its named adapters are ours. */
function isSameCopy(instance: Instance | undefined): boolean {
  return !instance || instance.interceptors.request.constructor === axios.interceptors.request.constructor
}

/**
 * A bare instance of the copy of axios that `instance` comes from, which knows the names of its adapters.
 * Without an instance it is our own copy's.
 */
function bareInstance(instance: Instance | undefined): Instance {
  const Class = instance?.constructor as (new (defaults: object) => Instance) | undefined
  // what `new axios.Axios()` makes is no function and has no `create`
  const bare =
    instance && !instance.create && typeof instance !== 'function' && Class
      ? new Class({})
      : (instance?.create ? (instance as Static) : axios).create()
  for (const key of ['params', 'baseURL', 'url', 'data', 'auth', 'headers']) delete bare.defaults[key]
  return bare
}

/** True for headers that another copy of axios made: no instance is there to tell. */
function hasForeignHeaders({ headers }: AxiosLikeConfig): boolean {
  const { AxiosHeaders } = axios
  return (
    typeof (headers as { set?: unknown } | undefined)?.set === 'function' &&
    !(AxiosHeaders && headers instanceof AxiosHeaders)
  )
}

/**
 * Headers without a class: some versions drop those that another copy of axios made, and 0.x sends the
 * undefined ones.
 */
function plainHeaders({ headers }: AxiosLikeConfig): Record<string, unknown> {
  return Object.fromEntries(Object.entries({ ...headers }).filter(([, value]) => value !== undefined))
}

/**
 * The names among `wanted` that our own copy of axios knows, or what it takes by default: an older one knows
 * fewer.
 */
function knownHere(wanted: unknown): unknown {
  const { adapter } = axios.defaults
  const known = Array.isArray(adapter) ? (adapter as unknown[]) : []
  const names = ([] as unknown[])
    .concat(wanted)
    .filter(name => typeof name === 'function' || (known.length > 0 && known.includes(name)))
  return names.length > 0 ? names : adapter
}

/** The adapter that an instance's requests take, as an instance of our own copy of axios can use it. */
export function adapterOf(instance: Instance): unknown {
  const { adapter } = instance.defaults
  if (!adapter || typeof adapter === 'function' || isSameCopy(instance)) return adapter
  return (config: AxiosLikeConfig) => {
    // a copy refuses transitional options that it does not know
    const sent = { ...config, transitional: undefined }
    return resolveAdapter(adapter, instance, sent)(sent)
  }
}

/**
 * Answers the function behind `adapter`: itself, a name or list resolved by `axios.getAdapter` (1.5), or else
 * a bare instance that does nothing but send.
 */
export function resolveAdapter(
  adapter: unknown,
  instance: Instance | undefined,
  config: AxiosLikeConfig,
): Adapter {
  const wanted = adapter ?? axios.defaults.adapter
  if (typeof wanted === 'function') return wanted as Adapter
  const isForeign = instance ? !isSameCopy(instance) : hasForeignHeaders(config)
  if (axios.getAdapter && !isForeign) return axios.getAdapter(wanted, config)
  const names = instance ? wanted : knownHere(wanted)
  const send = typeof names === 'function' ? (names as Adapter) : bareSender(names, instance)
  return config => {
    const putBack = (holder: Holder | undefined) => {
      if (holder?.config) holder.config = config
    }
    return send({ ...config, headers: plainHeaders(config) }).then(
      response => {
        putBack(response)
        return response
      },
      error => {
        for (const holder of holdersOf(error)) putBack(holder)
        throw error
      },
    )
  }
}

/** Sends by a bare instance, which knows the names of its own copy's adapters, and nothing else of it. */
const bareSender =
  (names: unknown, instance: Instance | undefined): Adapter =>
  config => {
    const sent: AxiosLikeConfig = {
      ...config,
      adapter: names,
      transformRequest: same,
      transformResponse: same,
    }
    if (!instance) delete sent.transitional // a copy refuses transitional options that it does not know
    return bareInstance(instance).request(sent)
  }
