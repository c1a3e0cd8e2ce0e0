/** `setTimeout` as far as locks use it. */
export type Timeout = (listener: () => void, milliseconds: number) => ReturnType<typeof setTimeout>

/**
 * The timer of the moment. A lock takes it when it is made, so that a test that fakes the timers afterwards
 * does not hang the stores of the application.
 */
export const timeoutNow = (): Timeout => globalThis.setTimeout

/**
 * Milliseconds: a timer that is later than that fires after the process was frozen. After a clock was put
 * back, that is unknown.
 */
const LATE = 1000
/** A resumed process has so many seconds to read its sockets, counted one by one: it may freeze again. */
const GRACE = 5
/** setTimeout overflows above 2³¹ milliseconds: a longer time is no limit. */
export const LONGEST = 2_147_483_647

/**
 * Calls `listener` after so many seconds of running time. Timers of a suspended process fire before it reads
 * its sockets, which would drop an answer that arrived in time, and with it a rotated refresh token. Returns
 * the function that stops it. Without `keepsProcess` the process may end meanwhile.
 */
export function afterAwake(seconds: number, listener: () => void, keepsProcess = true): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  const wait = (time: number, turns: number) => {
    if (time > LONGEST) return
    const due = Date.now() + time
    timer = setTimeout(() => {
      const left = Math.abs(Date.now() - due) > LATE ? GRACE : turns - 1
      if (left > 0) wait(1000, left)
      else listener()
    }, time)
    if (!keepsProcess) (timer as { unref?: () => void }).unref?.()
  }
  wait(seconds * 1000, 1)
  return () => clearTimeout(timer)
}
