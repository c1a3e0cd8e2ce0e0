import type { Adapter } from '../axios/axios.js'
import type { AxiosLikeConfig, AxiosLikeResponse } from '../axios/axios-like.js'
import { readHeader } from '../axios/headers.js'

/** One request, as an endpoint of a fake receives it. */
export interface FakeRequest {
  readonly method: string
  readonly url: URL
  /** The parameters of a form body or, for GET, of the query; a JSON body's members as text. */
  readonly parameters: URLSearchParams
  header(name: string): string | undefined
}

/** The answer of an endpoint of a fake. */
export interface FakeAnswer {
  status: number
  /** Sent as JSON unless it is a string. */
  body?: unknown
  headers?: Record<string, string>
}

function parametersOf(method: string, url: URL, data: unknown): URLSearchParams {
  if (method === 'GET') return url.searchParams
  if (typeof data !== 'string') return new URLSearchParams((data ?? '') as URLSearchParams)
  if (!data.startsWith('{')) return new URLSearchParams(data)
  return new URLSearchParams(Object.entries(JSON.parse(data)).map(([name, value]) => [name, String(value)]))
}

/** The absolute URL of a configuration, its query parameters included where they are a plain object. */
export function urlOf({ baseURL = '', url = '', params }: AxiosLikeConfig): URL {
  const absolute = /^[a-z]+:\/\//i.test(url)
    ? url
    : baseURL.replace(/\/+$/, '') + (url && `/${url.replace(/^\/+/, '')}`)
  const target = new URL(absolute, 'http://localhost')
  const query = params instanceof URLSearchParams ? params : Object.entries(Object(params) as object)
  for (const [name, value] of query) target.searchParams.append(name, String(value))
  return target
}

/** Reads a configuration of axios as a {@link FakeRequest}. */
export function requestOf(config: AxiosLikeConfig): FakeRequest {
  const url = urlOf(config)
  const method = (config.method ?? 'get').toUpperCase()
  return {
    method,
    url,
    parameters: parametersOf(method, url, config.data),
    header: name => readHeader(config.headers, name),
  }
}

/** An error as axios makes it, so that `axios.isAxiosError` accepts it. */
export function failureOf(
  message: string,
  config: AxiosLikeConfig,
  response?: AxiosLikeResponse,
  code?: string,
): Error {
  return Object.assign(new Error(message), { isAxiosError: true, config, response, code, request: {} })
}

/** Settles as an adapter of axios does: `validateStatus` decides between a response and an error. */
function settle(config: AxiosLikeConfig, { status, body = '', headers = {} }: FakeAnswer): AxiosLikeResponse {
  const isText = typeof body === 'string'
  const response: AxiosLikeResponse = {
    status,
    statusText: '',
    data: isText ? body : JSON.stringify(body),
    headers: { 'content-type': isText ? 'text/plain' : 'application/json', ...headers },
    config,
    request: {},
  }
  const { validateStatus } = config as { validateStatus?: ((status: number) => boolean) | null }
  if (!validateStatus || validateStatus(status)) return response
  throw failureOf(`Request failed with status code ${status}`, config, response, 'ERR_BAD_RESPONSE')
}

/** Makes an adapter of axios from a function that answers requests. */
export function adapterOf(answer: (request: FakeRequest) => Promise<FakeAnswer>): Adapter {
  return async config => {
    const answered = await answer(requestOf(config)).catch((error: Error) => {
      throw failureOf(error.message, config, undefined, 'ECONNRESET')
    })
    return settle(config, answered)
  }
}
