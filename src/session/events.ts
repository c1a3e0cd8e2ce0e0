import type { SessionEvents } from './session-options.js'
import type { State } from './state.js'

/**
 * Tells the session's listeners. A listener that throws, or whose promise is rejected, disturbs neither the
 * request nor the process.
 */
export function emit<E extends keyof SessionEvents>(state: State, event: E, detail: SessionEvents[E]): void {
  for (const listener of state.listeners?.get(event) ?? []) {
    try {
      const told = (listener as (detail: SessionEvents[E]) => unknown)(detail)
      Promise.resolve(told).catch(() => {})
    } catch {}
  }
}

/** Adds a listener; answers the function that removes it. */
export function listen<E extends keyof SessionEvents>(
  state: { listeners?: State['listeners'] },
  event: E,
  listener: (detail: SessionEvents[E]) => void,
): () => void {
  state.listeners ??= new Map()
  const listeners = state.listeners.get(event) ?? new Set()
  state.listeners.set(event, listeners.add(listener as never))
  return () => {
    listeners.delete(listener as never)
  }
}
