import { afterAwake } from '../../src/lib/timer.js'

beforeEach(() => jest.useFakeTimers())
afterEach(() => jest.useRealTimers())

/** The process stands still: its clock goes on, its timers do not. */
const freeze = (seconds: number) => jest.setSystemTime(Date.now() + seconds * 1000)
const run = (seconds: number) => jest.advanceTimersByTime(seconds * 1000)

function timerOf(seconds: number) {
  const listener = jest.fn()
  const stop = afterAwake(seconds, listener)
  return { listener, stop }
}

describe('afterAwake', () => {
  it('calls the listener after the given time', () => {
    const { listener } = timerOf(55)
    run(54.9)
    expect(listener).not.toHaveBeenCalled()
    run(0.2)
    expect(listener).toHaveBeenCalledTimes(1)
  })

  it.each([
    ['was resumed', 100],
    ['had its clock put back, and may have stood still as well', -3600],
  ])('gives a process that %s five seconds to read its sockets', (_, seconds) => {
    const { listener } = timerOf(55)
    freeze(seconds)
    run(55)
    expect(listener).not.toHaveBeenCalled()
    run(4.9)
    expect(listener).not.toHaveBeenCalled()
    run(0.2)
    expect(listener).toHaveBeenCalledTimes(1)
  })

  it.each([1.5, 3, 5, 100])('begins these five seconds anew after another freeze of %d seconds', seconds => {
    const { listener } = timerOf(55)
    freeze(100)
    run(55)
    run(3.5)
    freeze(seconds)
    run(0.5)
    run(4.9)
    expect(listener).not.toHaveBeenCalled()
    run(0.2)
    expect(listener).toHaveBeenCalledTimes(1)
  })

  it('never calls a listener that was stopped, also within these seconds', () => {
    const { listener, stop } = timerOf(55)
    freeze(100)
    run(57)
    stop()
    run(100)
    expect(listener).not.toHaveBeenCalled()
  })

  it('takes a time that no timer can count for none', () => {
    const { listener } = timerOf(3e6)
    run(3e6)
    expect(listener).not.toHaveBeenCalled()
  })
})
