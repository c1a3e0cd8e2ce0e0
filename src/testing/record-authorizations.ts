import { type Adapter, type Instance, resolveAdapter } from '../axios/axios.js'
import type { AxiosLike } from '../axios/axios-like.js'
import { readHeader } from '../axios/headers.js'
import { oauthError } from '../errors.js'
import { urlOf } from './wire.js'

/** One request, as it reached the adapter. */
export interface SentAuthorization {
  method: string
  url: string
  /** The `Authorization` header; `undefined` if there was none. */
  authorization: string | undefined
}

/** The result of {@link recordAuthorizations}. */
export interface AuthorizationRecord {
  /** Every request since the recording began, oldest first. */
  readonly sent: readonly SentAuthorization[]
  /** Restores the instance's own adapter. */
  restore(): void
}

const records = /* @__PURE__ */ new WeakMap<object, SentAuthorization[]>()

/**
 * Records the `Authorization` header of every request of an instance, because no object that a test can hold
 * has the credentials: neither `response.config` nor an error. Call it before the requests, and after
 * replacing the adapter (axios-mock-adapter).
 * @example
 * recordAuthorizations(api)
 * await api.get('/me')
 * lastAuthorization(api) // 'Bearer access-1'
 */
export function recordAuthorizations(axios: AxiosLike): AuthorizationRecord {
  const instance = axios as unknown as Instance
  const sent: SentAuthorization[] = []
  const original = instance.defaults.adapter
  const recording: Adapter = config => {
    sent.push({
      method: (config.method ?? 'get').toUpperCase(),
      url: urlOf(config).href,
      authorization: readHeader(config.headers, 'authorization'),
    })
    return resolveAdapter(original, config, instance)(config)
  }
  instance.defaults.adapter = recording
  records.set(instance, sent)
  return {
    sent,
    restore() {
      if (instance.defaults.adapter === recording) instance.defaults.adapter = original
      records.delete(instance)
    },
  }
}

/**
 * The `Authorization` header of the instance's last request; `undefined` if it had none.
 * @throws OAuthError `OAUTH_INVALID_OPTION` for an instance whose requests are not recorded
 */
export function lastAuthorization(axios: AxiosLike): string | undefined {
  const sent = records.get(axios)
  if (!sent) throw oauthError('OAUTH_INVALID_OPTION', 'notRecorded')
  return sent[sent.length - 1]?.authorization
}
