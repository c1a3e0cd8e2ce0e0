import { oauthError } from '../errors.js'
import type * as full from './diagnostics.js'

/** The light build publishes nothing: browsers have no diagnostics channels. */
export const ownersOf: typeof full.ownersOf = () => []

export const subscribeAll: typeof full.subscribeAll = () => {
  throw oauthError('OAUTH_INVALID_OPTION', 'noDiagnostics')
}

export const traceRenewal: typeof full.traceRenewal = (_owner, _facts, run) => run()

export const traceRequest: typeof full.traceRequest = (call, send) => send(call)

export const publishSkipped: typeof full.publishSkipped = () => {}

export const noteNonceRetry: typeof full.noteNonceRetry = () => {}

export const publishRetry: typeof full.publishRetry = () => {}
