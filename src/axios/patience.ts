import { LONGEST } from '../lib/timer.js'
import { axios } from './axios.js'
import type { AxiosLikeConfig } from './axios-like.js'
import type { Call } from './call.js'
import { axiosError } from './errors.js'

interface CancelToken {
  reason?: unknown
  promise: Promise<unknown>
  /** Since 0.22. */
  subscribe?(listener: () => void): void
  unsubscribe?(listener: () => void): void
}

type Awaited = AxiosLikeConfig & {
  signal?: AbortSignal
  cancelToken?: CancelToken
  timeoutErrorMessage?: string
  transitional?: { clarifyTimeoutError?: boolean }
}

/**
 * The error of an aborted request; `undefined` while the caller waits. axios 0.21 ignores `signal`; this
 * package respects it on all versions.
 */
export function cancellation(config: AxiosLikeConfig): unknown {
  const { signal, cancelToken } = config as Awaited
  if (cancelToken?.reason || !signal?.aborted) return cancelToken?.reason
  return axios.CanceledError ? new axios.CanceledError(undefined, config) : new axios.Cancel('canceled')
}

/** The error that axios has for a request that exceeded its `timeout`. */
function timeoutError(config: AxiosLikeConfig): Error {
  const { timeout, timeoutErrorMessage, transitional } = config as Awaited
  const code = transitional?.clarifyTimeoutError ? 'ETIMEDOUT' : 'ECONNABORTED'
  return axiosError(new Error(timeoutErrorMessage ?? `timeout of ${timeout}ms exceeded`), config, code)
}

/** Milliseconds of its own `timeout` that a request may still wait; `undefined` for no limit. */
function timeLeft({ config, waited }: Call): number | undefined {
  const timeout = Number(config.timeout) || 0
  // setTimeout overflows above 2³¹ ms; treat as no limit.
  return timeout > 0 && timeout <= LONGEST ? Math.max(timeout - waited, 0) : undefined
}

/**
 * Waits for a step of the scheme, as long as the request is wanted and its own `timeout` lasts, which bounds
 * all its waits together. Then the caller is free, the scheme is told, and `call.over` is the reason; a
 * renewal goes on for the other callers. A request that nothing ends costs no listener, because ten thousand
 * may wait.
 * @throws the error that axios has for an aborted or late request; the error of the step
 */
export function patiently<T>(call: Call, step: PromiseLike<T>): PromiseLike<T> {
  const { config } = call
  const { signal, cancelToken } = config as Awaited
  const left = timeLeft(call)
  if (!signal && !cancelToken && left === undefined) return step
  return new Promise<T>((resolve, reject) => {
    const begun = Date.now()
    const stop = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', giveUp)
      cancelToken?.unsubscribe?.(giveUp)
      call.waited += Date.now() - begun
    }
    const giveUp = () => {
      stop()
      call.over = cancellation(config) ?? timeoutError(config)
      call.controller?.abort()
      reject(call.over)
    }
    const timer = left === undefined ? undefined : setTimeout(giveUp, left)
    signal?.addEventListener('abort', giveUp)
    if (cancelToken?.subscribe) cancelToken.subscribe(giveUp)
    else cancelToken?.promise.then(giveUp)
    if (signal?.aborted) giveUp()
    step.then(resolve, reject).then(stop)
  })
}
