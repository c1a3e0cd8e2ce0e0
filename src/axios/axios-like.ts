/**
 * The parts of axios that this package touches, described by shape: its public types never import axios's, so
 * that one build serves every version and both of its copies (ESM and CommonJS).
 */

/**
 * A request's configuration as interceptors and adapters see it. Anything else an axios version knows is
 * there too.
 */
export interface AxiosLikeConfig {
  url?: string
  baseURL?: string
  method?: string
  headers?: object
  params?: unknown
  data?: unknown
  responseType?: string
  [option: string]: unknown
}

/** A response as interceptors see it. */
export interface AxiosLikeResponse {
  status: number
  statusText?: string
  data: unknown
  headers: unknown
  config: AxiosLikeConfig
  request?: unknown
}

/**
 * One of an instance's two lists of interceptors. Parameters are `never` so that every version's own types
 * fit.
 */
export interface InterceptorsLike {
  use(fulfilled?: never, rejected?: never, options?: never): number
  eject(id: number): void
}

/** An axios instance, or `axios` itself: any version from 0.21.1 on. */
export interface AxiosLike {
  defaults: object
  interceptors: { request: InterceptorsLike; response: InterceptorsLike }
  request(config: never): Promise<unknown>
  getUri(config?: never): string
}
