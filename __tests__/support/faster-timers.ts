/**
 * Lets every `setTimeout` of a test file pass so many times faster, for pauses whose length no test of it
 * judges. Unlike fake timers it leaves sockets and the event loop as they are. `jest.restoreAllMocks()` ends
 * it.
 */
export function fasterTimers(times: number): void {
  const { setTimeout } = globalThis
  const sooner = (run: () => void, wait = 0, ...rest: []) => setTimeout(run, wait / times, ...rest)
  jest.spyOn(globalThis, 'setTimeout').mockImplementation(sooner as typeof setTimeout)
}
