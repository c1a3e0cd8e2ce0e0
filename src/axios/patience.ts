import { LONGEST } from '../lib/timer.js'
import type { Call } from './call.js'
import { cancellation, isCancellable, onCancel } from './cancellation.js'
import { timeoutError } from './errors.js'

/**
 * How long a request waits for its credential: while it is wanted, and in all no longer than its own
 * `timeout`.
 */
export interface Patience {
  /**
   * Waits for a step of the scheme. @throws what axios rejects a request with that was given up or took too
   * long
   */
  wait<T>(step: Promise<T>): Promise<T>
  /** Why the request waits no longer. */
  readonly over: unknown
  /** Nobody waits any more. */
  end(): void
}

const endless: Patience = { wait: step => step, over: undefined, end() {} }

/** The patience of a call. What it waited for goes on without it: a renewal is everybody's. */
export function patienceOf(call: Call): Patience {
  const { config } = call
  // a timer cannot count more: that is for ever
  const asked = Number(config.timeout) || 0
  const timeout = asked > LONGEST ? 0 : asked
  if (!timeout && !isCancellable(config)) return endless
  let left = timeout
  let over: unknown
  let giveUp: (reason: unknown) => void = () => {}
  const gone = new Promise<never>((_, reject) => {
    giveUp = reason => {
      over ??= reason
      call.controller?.abort()
      reject(reason)
    }
  })
  gone.catch(() => {})
  const end = onCancel(config, () => giveUp(cancellation(config)))
  return {
    async wait(step) {
      const begun = Date.now()
      const timer = timeout && setTimeout(() => giveUp(timeoutError(config)), left)
      try {
        return await Promise.race([step, gone])
      } finally {
        clearTimeout(timer || undefined)
        left = Math.max(left - (Date.now() - begun), 0)
      }
    },
    get over() {
      return over
    },
    end,
  }
}
