import type { OriginRule } from '../auth/origins.js'
import { isOAuthError, type OAuthError, oauthError } from '../errors.js'
import type { SchemeOptions, UnauthenticatedReason } from './attach-options.js'
import type { Instance } from './axios.js'
import type { AxiosLikeConfig } from './axios-like.js'
import { freeze } from './url.js'

/** What {@link Attachment.explain} answers. */
export interface Explanation {
  /** True when the request carries a credential, or waits for one. */
  attached: boolean
  /** Absent when `attached`. */
  reason?: UnauthenticatedReason
  /** What happened and what to do. */
  message: string
  /** The request's URL without its query; absent where it cannot be parsed. */
  url?: string
  /** Where credentials may go; absent when a function decides. */
  allowedOrigins?: readonly string[]
}

/** The rules by which an attachment sends its requests, also used to explain them. */
export interface Rules {
  readonly instance: Instance | undefined
  readonly prefixes: readonly string[] | undefined
  skip(config: AxiosLikeConfig): boolean
  isTaken(config: AxiosLikeConfig): boolean
  locate(config: AxiosLikeConfig): unknown
  allows(url: URL): boolean
  /** The session's reason; `undefined` if it has a token or can get one. */
  standing(config: AxiosLikeConfig): UnauthenticatedReason | undefined
  /** Tells the session's listeners. */
  report(error: OAuthError): void
  /** The reasons that were told already. */
  readonly told: Set<UnauthenticatedReason>
}

/** The rules of an entry. */
export const makeRules = (
  instance: Instance | undefined,
  { prefixes, allows }: OriginRule,
  { skip, standing, report }: SchemeOptions,
  isTaken: (config: AxiosLikeConfig) => unknown,
  locate: Rules['locate'],
): Rules => ({
  instance,
  prefixes,
  allows,
  isTaken: config => !!isTaken(config),
  skip: config => !!skip?.(config),
  locate,
  standing: config => standing?.(config),
  report: error => report?.(error),
  told: new Set(),
})

/** The reasons of requests that failed without a credential, by the configuration of their error. */
const failures = /* @__PURE__ */ new WeakMap<object, UnauthenticatedReason>()

const REASONS: { [code in string]?: UnauthenticatedReason } = {
  OAUTH_INSECURE_URL: 'insecure',
  OAUTH_INTERACTION_REQUIRED: 'no-token',
  OAUTH_SESSION_ENDED: 'no-token',
  OAUTH_SESSION_CHANGED: 'user-changed',
}

/** Remembers why a request failed, so that its configuration can be explained later. */
export function rememberFailure(config: object | undefined, cause: Error): void {
  const reason = isOAuthError(cause) && REASONS[cause.code]
  if (config && reason) failures.set(config, reason)
}

/** Adds the instance's defaults to the configuration of a request that was not sent yet. */
function complete(given: AxiosLikeConfig, instance: Instance | undefined): AxiosLikeConfig {
  const { baseURL, socketPath } = instance?.defaults ?? {}
  const config = { ...given }
  config.baseURL ??= baseURL as string
  config.socketPath ??= socketPath
  return config
}

/** True if only https is missing. */
const isInsecure = ({ allows }: Rules, url: URL) =>
  url.protocol === 'http:' && allows(new URL(url.href.replace(/^http:/, 'https:')))

function reasonOf(
  rules: Rules,
  config: AxiosLikeConfig,
  url: URL | undefined,
): UnauthenticatedReason | undefined {
  if (config.oauth === false) return 'oauth-false'
  if (rules.isTaken(config)) return 'own-authorization'
  if (rules.skip(config)) return 'skip'
  try {
    if (!rules.locate(config)) return url && isInsecure(rules, url) ? 'insecure' : 'origin'
  } catch {
    // a function allowed a URL that is not https
    return 'insecure'
  }
  return rules.standing(config)
}

/**
 * Explains one request; a configuration that an error shows is explained as it was when the request failed.
 */
export function explainRequest(rules: Rules, given: AxiosLikeConfig, isAttached = true): Explanation {
  const config = complete(given, rules.instance)
  const target = freeze(config, rules.instance)
  const url = target && target.origin + target.pathname
  const reason = isAttached ? (failures.get(given) ?? reasonOf(rules, config, target)) : 'not-this-instance'
  const { prefixes } = rules
  const facts = { ...(url && { url }), ...(prefixes && { allowedOrigins: prefixes }) }
  if (!reason)
    return { attached: true, message: 'The request carries a credential, or waits for one.', ...facts }
  return { attached: false, reason, message: errorFor(reason, rules, url).message, ...facts }
}

/** The error that says why a request carries no credential, and what to do. */
export const errorFor = (reason: UnauthenticatedReason, { prefixes }: Rules, url = 'this URL') =>
  oauthError('OAUTH_NOT_AUTHENTICATED', reason, {
    url,
    allowed: prefixes?.join(', ') ?? 'a function decides',
  })
