import { isPromise } from '../auth/scheme.js'
import type { OAuthError } from '../errors.js'
import { publishSkipped } from '../lib/diagnostics.js'
import type { UnauthenticatedReason } from './attach-options.js'
import type { Adapter } from './axios.js'
import type { AxiosLikeConfig, AxiosLikeResponse } from './axios-like.js'
import type { Entry } from './entry.js'
import { addCause } from './errors.js'
import { errorFor, explainRequest, type Rules } from './explain.js'

/** Reasons that the application chose itself: they need no warning. */
const CHOSEN: readonly UnauthenticatedReason[] = ['oauth-false', 'skip']

function warn(error: OAuthError): void {
  const { process } = globalThis as {
    process?: { emitWarning?(message: string, options: object): void; env?: { NODE_ENV?: string } }
  }
  if (/^(production|test)$/.test(process?.env?.NODE_ENV ?? '')) return
  process?.emitWarning?.(error.message, { type: 'AxiosOAuthWarning', code: error.code })
}

/** Reports a reason once: to the session's listeners, and as a warning during development. */
function tell(rules: Rules, reason: UnauthenticatedReason, error: OAuthError): void {
  if (CHOSEN.includes(reason) || rules.told.has(reason)) return
  rules.told.add(reason)
  rules.report(error)
  warn(error)
}

/** Explains a request without an attachment, by its most specific reason. */
function explainSkipped(entries: readonly Entry[], config: AxiosLikeConfig) {
  const explained = entries
    .flatMap(({ rules }) => rules ?? [])
    .map(rules => ({ rules, ...explainRequest(rules, config) }))
  return explained.find(({ reason }) => reason && reason !== 'origin') ?? explained[0]
}

/** The reason for the refusal of a request without an attachment. */
function explainRefusal(
  entries: readonly Entry[],
  error: { response?: AxiosLikeResponse } | undefined,
): void {
  if (error?.response?.status !== 401) return
  const found = explainSkipped(entries, error.response.config)
  if (!found?.reason) return
  const cause = errorFor(found.reason, found.rules, found.url)
  tell(found.rules, found.reason, cause)
  addCause(error, cause)
}

/** Sends a request without an attachment unchanged; if the API refuses it, the error has the reason. */
export function sendSkipped(
  entries: readonly Entry[],
  config: AxiosLikeConfig,
  adapter: Adapter,
): Promise<AxiosLikeResponse> {
  if (!entries.length) return adapter(config)
  publishSkipped(
    entries.map(({ identity }) => identity),
    () => ({ ...config, ...explainSkipped(entries, config) }),
  )
  const sent = adapter(config)
  if (!isPromise(sent)) return sent
  return sent.then(undefined, error => {
    explainRefusal(entries, error)
    throw error
  })
}
