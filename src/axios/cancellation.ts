import type { AxiosLikeConfig } from './axios-like.js'
import { canceled } from './errors.js'

interface CancelToken {
  reason?: unknown
  promise: Promise<unknown>
  /** Since 0.22. */
  subscribe?(listener: () => void): void
  unsubscribe?(listener: () => void): void
}

type Cancellable = AxiosLikeConfig & { signal?: AbortSignal; cancelToken?: CancelToken }

/** True for a request that can be given up. */
export function isCancellable(config: AxiosLikeConfig): boolean {
  return !!(config.signal || config.cancelToken)
}

/**
 * What a request that was given up is rejected with; `undefined` while it is wanted. 0.21 has no `signal`: it
 * is heeded here all the same.
 */
export function cancellation(config: AxiosLikeConfig): unknown {
  const { signal, cancelToken } = config as Cancellable
  return cancelToken?.reason ?? (signal?.aborted ? canceled(config) : undefined)
}

/** Calls `listener` when the request is given up; answers the function that stops listening. */
export function onCancel(config: AxiosLikeConfig, listener: () => void): () => void {
  const { signal, cancelToken } = config as Cancellable
  let live = true
  const fire = () => {
    if (live) listener()
  }
  if (signal?.aborted) fire()
  signal?.addEventListener('abort', fire)
  if (cancelToken?.subscribe) cancelToken.subscribe(fire)
  else cancelToken?.promise.then(fire)
  return () => {
    live = false
    signal?.removeEventListener('abort', fire)
    cancelToken?.unsubscribe?.(fire)
  }
}
