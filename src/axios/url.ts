import { parse } from '../auth/origins.js'
import { requestUrl } from '../lib/url.js'
import { axios, type Instance } from './axios.js'
import type { AxiosLikeConfig } from './axios-like.js'

/** The page's location in a browser. */
export function pageUrl(): string | undefined {
  return (globalThis as { location?: Location }).location?.href
}

// All versions of axios recognise an absolute URL in this way; `http:path` is a path.
const ABSOLUTE = /^([a-z][a-z\d+\-.]*:)?\/\//i

/**
 * True for a request whose URL replaces the base URL instead of following it. Many versions of axios take a
 * `URL` object too.
 */
export function replacesBase({ baseURL, url, allowAbsoluteUrls }: AxiosLikeConfig): boolean {
  return !baseURL || (allowAbsoluteUrls !== false && ABSOLUTE.test(`${url ?? ''}`))
}

/**
 * Writes parameters as the instance itself would. Its default parameters are in the request's already;
 * `getUri` would add them again, and a bare instance to ask instead cannot be made in 0.21.
 */
function serialise(config: AxiosLikeConfig, instance: Instance): string {
  const { defaults } = instance
  const { params } = defaults
  defaults.params = undefined
  try {
    const uri = instance.getUri({
      url: 'http://x/',
      params: config.params,
      paramsSerializer: config.paramsSerializer,
      allowAbsoluteUrls: true,
    })
    return uri.replace(/^[^?]*\??/, '')
  } finally {
    if (params === undefined) delete defaults.params
    else defaults.params = params
  }
}

/**
 * Computes the URL of the request on the wire. It is `undefined` if it cannot be parsed or is not http: such
 * a request gets no credential.
 */
export function freeze(config: AxiosLikeConfig, instance: Instance = axios): URL | undefined {
  const { baseURL = '', params } = config
  const url = `${config.url ?? ''}`
  let full = url
  if (!replacesBase(config))
    full = url ? `${baseURL.replace(/\/+$/, '')}/${url.replace(/^\/+/, '')}` : baseURL
  full = full.replace(/#.*/s, '')
  const query = params ? serialise(config, instance) : ''
  if (query) full += (full.includes('?') ? '&' : '?') + query
  const parsed = parse(full, pageUrl())
  return parsed && /^https?:$/.test(parsed.protocol) ? parsed : undefined
}

/** Writes a URL so that no adapter's parser changes it, because the signed URL must be the sent one. */
export function toWire(url: URL): string {
  return requestUrl(url).replace(
    /[^\w\-.~!$&()*+,;=:@%/?[\]]/g,
    character => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}
