import imported from 'axios'
import type { AxiosLikeConfig, AxiosLikeResponse } from './axios-like.js'

/** An instance of axios, as this room uses it. Public signatures have {@link AxiosLike}. */
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

/** Members of the axios export that instances lack. All of them depend on the version. */
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
function isSameCopy(instance: Instance): boolean {
  return instance.interceptors.request.constructor === axios.interceptors.request.constructor
}

/**
 * A bare instance of the copy of axios that `instance` comes from, which knows the names of its adapters.
 * Without an instance it is our own copy's.
 */
function bareInstance(instance: Instance | undefined): Instance {
  let bare = instance?.create?.()
  // An instance of `new axios.Axios()` is not a function and has no `create`.
  if (!bare && typeof instance === 'object')
    bare = new ((instance as object).constructor as new (defaults: object) => Instance)({})
  bare ??= axios.create()
  for (const key of ['params', 'baseURL', 'url', 'data', 'auth', 'headers']) delete bare.defaults[key]
  return bare
}

/** The adapter that an instance's requests take, as an instance of our own copy of axios can use it. */
export function adapterOf(instance: Instance): unknown {
  const { adapter } = instance.defaults
  if (!adapter || typeof adapter === 'function' || isSameCopy(instance)) return adapter
  return (config: AxiosLikeConfig) => {
    // a copy refuses transitional options that it does not know
    const sent = { ...config, transitional: undefined }
    return resolveAdapter(adapter, sent, instance)(sent)
  }
}

/** The result of an adapter, as far as it contains the configuration. */
export interface Holder {
  config?: unknown
  request?: unknown
  response?: AxiosLikeResponse
  cause?: unknown
}

/**
 * Everything behind an adapter's error that may hold the configuration: the error, its response, and its
 * cause, where axios 1.7 to 1.17 keeps the error of the fetch adapter, and 1.13.3 and 1.13.4 the response
 * alone.
 */
export function holdersOf(error: unknown): (Holder | undefined)[] {
  const holder = Object(error) as Holder
  const cause = Object(holder.cause) as Holder
  return [holder, holder.response, cause, cause.response]
}

/**
 * Sends by a bare instance, which knows the names of its own copy's adapters, and nothing else of it. The
 * headers have no class on the way: some versions drop those that another copy of axios made, and 0.x sends
 * the undefined ones.
 */
const throughBare =
  (adapter: unknown, instance: Instance | undefined): Adapter =>
  config => {
    const headers = Object.fromEntries(
      Object.entries({ ...config.headers }).filter(([, value]) => value !== undefined),
    )
    const sent = { ...config, headers, adapter, transformRequest: same, transformResponse: same }
    // a copy refuses transitional options that it does not know
    if (!instance) (sent as AxiosLikeConfig).transitional = undefined
    const putBack = (holder: Holder | undefined) => {
      if (holder?.config) holder.config = config
    }
    return bareInstance(instance)
      .request(sent)
      .then(
        response => {
          putBack(response)
          return response
        },
        error => {
          holdersOf(error).forEach(putBack)
          throw error
        },
      )
  }

/**
 * Answers the function behind `adapter`: itself, a name or list resolved by `axios.getAdapter` (1.5), or else
 * a bare instance that does nothing but send.
 */
export function resolveAdapter(adapter: unknown, config: AxiosLikeConfig, instance: Instance): Adapter {
  const wanted = adapter ?? axios.defaults.adapter
  if (typeof wanted === 'function') return wanted as Adapter
  return axios.getAdapter && isSameCopy(instance)
    ? axios.getAdapter(wanted, config)
    : throughBare(wanted, instance)
}

/**
 * The same where no instance is there to tell its copy of axios: its headers do. Of the names among `adapter`
 * those are taken that our own copy knows, or else what it takes by default: an older one knows fewer.
 */
export function resolveAdapterAlone(adapter: unknown, config: AxiosLikeConfig): Adapter {
  const { AxiosHeaders, defaults } = axios
  const wanted = adapter ?? defaults.adapter
  if (typeof wanted === 'function') return wanted as Adapter
  const { headers } = config as { headers?: { set?: unknown } }
  const isForeign = typeof headers?.set === 'function' && !(AxiosHeaders && headers instanceof AxiosHeaders)
  if (axios.getAdapter && !isForeign) return axios.getAdapter(wanted, config)
  const known = Array.isArray(defaults.adapter) ? (defaults.adapter as unknown[]) : []
  const names = ([] as unknown[])
    .concat(wanted)
    .filter(name => typeof name === 'function' || known.includes(name))
  return throughBare(names.length > 0 ? names : defaults.adapter, undefined)
}
