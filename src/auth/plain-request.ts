import type { OutgoingRequest } from './scheme.js'

/** A request that a client other than axios sends. */
export interface PlainRequest {
  method: string
  /** Absolute. */
  url: string
  headers?: Record<string, string>
  /** The body as it is sent: text, bytes, a form … */
  data?: unknown
}

/** The view of a plain request that a scheme writes to; `request` is changed in place. */
export function outgoing(request: PlainRequest & { headers: Record<string, string> }): OutgoingRequest {
  const known = (name: string) =>
    Object.keys(request.headers).find(key => key.toLowerCase() === name.toLowerCase()) ?? name
  return {
    method: request.method.toUpperCase(),
    get url() {
      return request.url
    },
    set url(url) {
      request.url = url
    },
    get data() {
      return request.data
    },
    set data(data) {
      request.data = data
    },
    header: name => request.headers[known(name)],
    setHeader(name, value) {
      const key = known(name)
      if (value === undefined) delete request.headers[key]
      else request.headers[key] = value
    },
    signal: undefined,
  }
}
