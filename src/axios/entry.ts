import { originRule, parse } from '../auth/origins.js'
import { checkNames } from '../lib/check-options.js'
import { traceRequest } from '../lib/diagnostics.js'
import type { AuthSource, SchemeOptions } from './attach-options.js'
import type { Adapter, Instance } from './axios.js'
import type { AxiosLikeConfig, AxiosLikeResponse } from './axios-like.js'
import { type AttachmentContext, Call } from './call.js'
import { conceal } from './conceal.js'
import { type Explanation, makeRules, type Rules } from './explain.js'
import { readHeader } from './headers.js'
import { authenticate, reconsider } from './request.js'
import type { RequestOption } from './request-option.js'
import { freeze, pageUrl, replacesBase } from './url.js'

const OPTIONS: Record<keyof SchemeOptions, true> = {
  allowedOrigins: true,
  skip: true,
  allowInsecure: true,
  identity: true,
  isTokenExpired: true,
  select: true,
  standing: true,
  report: true,
}

/** The attachment of a scheme to an instance. */
export interface Attachment {
  /** Removes the attachment; the instance is as before. Requests in flight finish. */
  detach(): void
  /**
   * Says whether a request carries the credential, and if not, why: for a configuration as it is given to the
   * instance, or for the `config` of an error.
   * @example
   * const { attached, reason, message } = attachment.explain({ url: '/me' })
   */
  explain(config: AxiosLikeConfig): Explanation
}

/** One attachment in the list of an instance. Another copy of this package may have added it. */
export interface Entry {
  readonly identity: unknown
  readonly prefixes: readonly string[] | undefined
  /** Whether a request is this entry's: its URL, or `true` where that need not be parsed. */
  locate(config: AxiosLikeConfig): URL | true | undefined
  /** Sends with the scheme; `undefined`, and nothing sent, where there is none for this request. */
  send(config: AxiosLikeConfig, adapter: Adapter, place: URL | true): Promise<AxiosLikeResponse> | undefined
  /**
   * Judges a response (or an error) that only the user's transforms made readable; `undefined` where there is
   * nothing to judge.
   */
  reconsider(settled: unknown, failed: boolean): Promise<AxiosLikeResponse> | undefined
  /** True when it has an `isTokenExpired`, or a scheme of one of its requests may have one. */
  readonly watches: boolean
  /** The rules that explain its requests; absent in an entry of an older copy. */
  readonly rules?: Rules
  attachment?: Attachment
}

// A relative URL without any of these only extends the path of the base URL.
const UNUSUAL = /\/\/|[\\\0-\x20]|(^|\/)\.|%(2[ef]|5c)/i
// A base URL whose host all parsers read in the same way.
const USUAL_BASE = /^https?:\/\/[\w.:[\]-]+(\/[\x21-\x7e]*)?$/i

/** True for a value of `Authorization` that is the instance's default. */
function isDefault(value: string, method: string, instance: Instance | undefined): boolean {
  const defaults = instance?.defaults.headers
  return [defaults, defaults?.common, defaults?.[method]].some(
    bucket => readHeader(bucket as object | undefined, 'authorization') === value,
  )
}

/**
 * True for an `Authorization` or `auth` of this request's own, which wins; the instance's default gives way.
 */
function isTaken({ headers, auth, method = '' }: AxiosLikeConfig, instance: Instance | undefined): boolean {
  const value = readHeader(headers, 'authorization')
  if (value && !isDefault(value, method, instance)) return true
  return !!auth && JSON.stringify(auth) !== JSON.stringify(instance?.defaults.auth)
}

/**
 * Creates the entry of a scheme for an instance. Without `instance` (for a wrapper of axios) every
 * `Authorization` counts as the request's own.
 * @throws OAuthError as {@link originRule} does; `OAUTH_INVALID_OPTION` for an option that does not exist.
 */
export function createEntry(source: AuthSource, options: SchemeOptions, instance?: Instance): Entry {
  checkNames(options, OPTIONS)
  const { allowedOrigins, allowInsecure, skip, isTokenExpired, select } = options
  const page = pageUrl()
  const home = parse(instance?.defaults.baseURL ?? page ?? '', page)
  const rule = originRule(allowedOrigins, home?.host && home.origin, allowInsecure)
  const context: AttachmentContext = { instance, rule, isTokenExpired, unread: new WeakMap() }
  // The base URL of the last check.
  let usual: string | undefined

  const placeOf = (config: AxiosLikeConfig) => {
    const { baseURL = '' } = config
    const appends = !UNUSUAL.test(`${config.url ?? ''}`)
    if (appends && baseURL === usual) return true
    const target = freeze(config, instance)
    // A user in the URL already authenticates the request.
    if (!target || !rule.allows(target) || (target.username && replacesBase(config))) return undefined
    if (!appends || !USUAL_BASE.test(baseURL) || UNUSUAL.test(baseURL.slice(8))) return target
    if (rule.prefixes && rule.allows(new URL(baseURL))) usual = baseURL
    return true
  }

  const entry: Entry = {
    identity: options.identity ?? source,
    prefixes: rule.prefixes,
    watches: typeof source === 'function' || !!(isTokenExpired ?? source.isTokenExpired),
    locate(config) {
      if (config.oauth === false || isTaken(config, instance) || skip?.(config)) return undefined
      // A local socket has no origin: `allowedOrigins` must allow it.
      return config.socketPath && !allowedOrigins ? undefined : placeOf(config)
    },
    send(config, adapter, place) {
      const scheme = typeof source === 'function' ? source() : source
      const option = config.oauth as Exclude<RequestOption, false> | undefined
      if (option) conceal(option, () => '[oauth]')
      const chosen = option && select ? select(option, scheme) : scheme
      const target = place === true ? undefined : place
      return chosen && traceRequest(new Call(context, chosen, config, adapter, target), authenticate)
    },
    reconsider: (settled, failed) => reconsider(context, settled, failed),
    rules: makeRules(
      instance,
      rule,
      options,
      config => isTaken(config, instance),
      config => entry.locate(config),
    ),
  }
  return entry
}
