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

/**
 * Limits the wait of a request for its credential by its signal and its own `timeout`.
 */
export interface Patience {
  /**
   * Waits for a step of the scheme. @throws the error that axios has for an aborted or late request
   */
  wait<T>(step: Promise<T>): Promise<T>
  /** The reason for the end of the wait. */
  over?: unknown
  /** Stops listening. */
  end(): void
}

/** The patience of a request that nothing ends: one object, because ten thousand may wait. */
const ENDLESS: Patience = /* @__PURE__ */ Object.freeze({ wait: <T>(step: Promise<T>) => step, end() {} })

/** The limits of a call. A renewal goes on without it for the other callers. */
export function patienceOf(call: Call): Patience {
  const { config } = call
  const { signal, cancelToken } = config as Awaited
  const timeout = Number(config.timeout) || 0
  if (!signal && !cancelToken && !timeout) return ENDLESS
  // setTimeout overflows above 2³¹ ms; treat as no limit.
  let left = timeout > LONGEST ? 0 : timeout
  const isLimited = left > 0
  let reject: (reason: unknown) => void
  const gone = new Promise<never>((_, settle) => {
    reject = settle
  })
  gone.catch(() => {})
  const giveUp = (reason: unknown) => {
    patience.over ??= reason
    call.controller?.abort()
    reject(reason)
  }
  const cancel = () => giveUp(cancellation(config))
  const patience: Patience = {
    async wait(step) {
      const begun = Date.now()
      const timer = isLimited ? setTimeout(() => giveUp(timeoutError(config)), left) : undefined
      try {
        return await Promise.race([step, gone])
      } finally {
        clearTimeout(timer)
        left = Math.max(left - (Date.now() - begun), 0)
      }
    },
    end() {
      signal?.removeEventListener('abort', cancel)
      cancelToken?.unsubscribe?.(cancel)
    },
  }
  if (signal?.aborted) cancel()
  signal?.addEventListener('abort', cancel)
  if (cancelToken?.subscribe) cancelToken.subscribe(cancel)
  else cancelToken?.promise.then(cancel)
  return patience
}
