import type { OriginRule } from '../auth/origins.js'
import { type OAuthError, oauthError } from '../errors.js'
import type { Instance } from './axios.js'
import type { AxiosLikeConfig, AxiosLikeResponse } from './axios-like.js'
import type { SchemeOptions } from './entry.js'
import { freeze } from './url.js'

/** Why a request carries no credential; see {@link Attachment.explain}. */
export type UnauthenticatedReason =
  /** The URL is outside `allowedOrigins`. */
  | 'origin'
  /**
   * The request has an `Authorization` or `auth` of its own, often from an interceptor that was left over.
   */
  | 'own-authorization'
  /** The request says `oauth: false`. */
  | 'oauth-false'
  /** The option `skip` answered true. */
  | 'skip'
  /** The URL is plain http. */
  | 'insecure'
  /** The session has no token and no way to get one. */
  | 'no-token'
  /** The grant is another person's than when the request began. */
  | 'user-changed'
  /** The attachment was detached, or its interceptor was cleared. */
  | 'not-this-instance'

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

/** What an attachment knows of its requests: the very rules that it sends by. */
export interface Rules {
  readonly instance: Instance | undefined
  readonly prefixes: readonly string[] | undefined
  skip(config: AxiosLikeConfig): boolean
  isTaken(config: AxiosLikeConfig): boolean
  locate(config: AxiosLikeConfig): unknown
  allows(url: URL): boolean
  /** What the session says; `undefined` where a token is there or may be had. */
  standing(config: AxiosLikeConfig): UnauthenticatedReason | undefined
  /** Tells the session's listeners. */
  report(error: OAuthError): void
  /** The reasons that were told already. */
  readonly told: Set<UnauthenticatedReason>
}

/** What an attachment's entry sends by, for explaining it. */
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

/** Why requests failed for want of a credential, by the configuration that their error shows. */
const failures = /* @__PURE__ */ new WeakMap<object, UnauthenticatedReason>()

const REASONS: { [code in string]?: UnauthenticatedReason } = {
  OAUTH_INSECURE_URL: 'insecure',
  OAUTH_INTERACTION_REQUIRED: 'no-token',
  OAUTH_SESSION_ENDED: 'no-token',
  OAUTH_SESSION_CHANGED: 'user-changed',
}

/** Keeps in mind why a request failed, so that its configuration can be explained later. */
export function rememberFailure(config: object | undefined, { code }: OAuthError): void {
  const reason = REASONS[code]
  if (config && reason) failures.set(config, reason)
}

/** The configuration of a request that was not sent yet lacks what the instance adds. */
function complete(given: AxiosLikeConfig, instance: Instance | undefined): AxiosLikeConfig {
  const { baseURL, socketPath } = instance?.defaults ?? {}
  const config = { ...given }
  config.baseURL ??= baseURL as string
  config.socketPath ??= socketPath
  return config
}

/** True where https alone is missing. */
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
    return 'insecure' // a function allowed a URL that is not https
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

const errorFor = (reason: UnauthenticatedReason, { prefixes }: Rules, url = 'this URL') =>
  oauthError('OAUTH_NOT_AUTHENTICATED', reason, {
    url,
    allowed: prefixes?.join(', ') ?? 'a function decides',
  })

/** Reasons that the application chose for the request itself: they are no surprise. */
const CHOSEN: readonly UnauthenticatedReason[] = ['oauth-false', 'skip']

function warn(error: OAuthError): void {
  const { process } = globalThis as {
    process?: { emitWarning?(message: string, options: object): void; env?: { NODE_ENV?: string } }
  }
  if (/^(production|test)$/.test(process?.env?.NODE_ENV ?? '')) return
  process?.emitWarning?.(error.message, { type: 'AxiosOAuthWarning', code: error.code })
}

/** Tells a reason once: to the session's listeners, and to whoever develops. */
function tell(rules: Rules, reason: UnauthenticatedReason, error: OAuthError): void {
  if (CHOSEN.includes(reason) || rules.told.has(reason)) return
  rules.told.add(reason)
  rules.report(error)
  warn(error)
}

/** Explains a request that no attachment took, by the reason that is most particular to it. */
export function explainSkipped(all: readonly Rules[], config: AxiosLikeConfig) {
  const explained = all.map(rules => ({ rules, ...explainRequest(rules, config) }))
  return explained.find(({ reason }) => reason && reason !== 'origin') ?? explained[0]
}

/** Answers why a request that no attachment took was refused. */
export function explainRefusal(
  all: readonly Rules[],
  response: AxiosLikeResponse | undefined,
): OAuthError | undefined {
  if (response?.status !== 401) return undefined
  const found = explainSkipped(all, response.config)
  if (!found?.reason) return undefined
  const error = errorFor(found.reason, found.rules, found.url)
  tell(found.rules, found.reason, error)
  return error
}
