import imported from 'axios'
import type { AxiosLikeConfig, AxiosLikeResponse } from './axios-like.js'

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
  AxiosError?: new (message: string, code?: string, config?: unknown, request?: unknown, response?: unknown) => Error
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
 * Answers the function behind `adapter`: itself, a name or list resolved by `axios.getAdapter` (1.5), or else a bare instance
 * that does nothing but send.
 */
export function resolveAdapter(adapter: unknown, instance: Instance | undefined, config: AxiosLikeConfig): Adapter {
  const wanted = adapter ?? axios.defaults.adapter
  if (typeof wanted === 'function') return wanted as Adapter
  if (axios.getAdapter && isSameCopy(instance)) return axios.getAdapter(wanted, config)
  return config => {
    const bare = (instance?.create ? (instance as Static) : axios).create()
    for (const key of ['params', 'baseURL', 'url', 'data', 'auth', 'headers']) delete bare.defaults[key]
    const settle = (settled: { config?: unknown } | undefined) => {
      if (settled?.config) settled.config = config
    }
    return bare.request({ ...config, adapter: wanted, transformRequest: same, transformResponse: same }).then(
      response => {
        settle(response)
        return response
      },
      error => {
        settle(error)
        settle(error?.response)
        throw error
      },
    )
  }
}
