import type { Chance } from './random.js'

/** Something that can die: a process or a tab. Everything that is scheduled for it dies with it. */
export interface Owner {
  readonly name: string
  alive: boolean
  /**
   * Virtual time (seconds) before which nothing of it runs: a page in the background, a laptop that sleeps.
   */
  frozenUntil: number
  /** What its wall clock is off by, seconds. */
  skew: number
}

interface Task {
  id: number
  at: number
  owner: Owner | undefined
  label: string
  run: () => void
}

/** Virtual time and the choice of what happens next. */
export interface Scheduler {
  /** Virtual seconds since the world began. */
  readonly now: number
  /** Steps taken. */
  readonly steps: number
  /** Whose code runs: set for the whole of a step and of the promise jobs that follow from it. */
  readonly current: Owner | undefined
  /** Runs `run` in a step of its own, not before `delay` seconds have passed. */
  after(delay: number, owner: Owner | undefined, label: string, run: () => void): number
  cancel(id: number): void
  /** Takes one step; false when there is nothing left to do. */
  step(): boolean
  /** Lets an owner die at once. */
  kill(owner: Owner): void
  /** Lines of what happened, when tracing. */
  note(text: string): void
  readonly trace: string[] | undefined
}

/** Makes a scheduler: among everything that is due, chance picks. */
export function scheduler(random: Chance, tracing: boolean): Scheduler {
  let now = 0
  let steps = 0
  let serial = 0
  let current: Owner | undefined
  let tasks: Task[] = []
  const trace: string[] | undefined = tracing ? [] : undefined
  const note = (text: string) => {
    trace?.push(
      `${String(steps).padStart(4)} ${now.toFixed(3).padStart(9)}s ${(current?.name ?? '-').padEnd(4)} ${text}`,
    )
  }
  return {
    get now() {
      return now
    },
    get steps() {
      return steps
    },
    get current() {
      return current
    },
    after(delay, owner, label, run) {
      tasks.push({ id: ++serial, at: now + Math.max(0, delay), owner, label, run })
      return serial
    },
    cancel(id) {
      const index = tasks.findIndex(task => task.id === id)
      if (index >= 0) tasks.splice(index, 1)
    },
    step() {
      let due = 0
      let earliest = Number.POSITIVE_INFINITY
      let chosen = -1
      for (let index = 0; index < tasks.length; index++) {
        const task = tasks[index] as Task
        const at = Math.max(task.at, task.owner?.frozenUntil ?? 0)
        if (at <= now) {
          // reservoir: each of the due has the same chance
          if (random.below(++due) === 0) chosen = index
        } else if (due === 0 && at < earliest) {
          earliest = at
          chosen = index
        }
      }
      const task = tasks[chosen]
      if (!task) return false
      tasks[chosen] = tasks[tasks.length - 1] as Task
      tasks.pop()
      if (due === 0) now = earliest
      steps++
      current = task.owner
      if (trace) note(task.label)
      task.run()
      return true
    },
    kill(owner) {
      owner.alive = false
      tasks = tasks.filter(task => task.owner !== owner)
    },
    note,
    trace,
  }
}

/** What the world takes the place of while it runs. */
const names = ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] as const

/**
 * Puts virtual timers, `Date.now` and `Math.random` in the place of the real ones; answers what puts them
 * back. A timer belongs to the process that set it and dies with it.
 */
export function virtualTime(world: Scheduler, random: Chance, epoch: number): () => void {
  const real = Object.fromEntries(names.map(name => [name, globalThis[name]]))
  const [dateNow, mathRandom] = [Date.now, Math.random]
  const intervals = new Map<number, number>()
  let handles = 0
  const setTimeout = (run: (...args: unknown[]) => void, ms = 0, ...args: unknown[]) =>
    world.after(ms / 1000, world.current, `timer ${ms} ms`, () => run(...args))
  const clearTimeout = (id: number | undefined) => {
    if (id !== undefined) world.cancel(id)
  }
  const setInterval = (run: (...args: unknown[]) => void, ms = 0, ...args: unknown[]) => {
    const handle = -++handles
    const again = () => {
      intervals.set(
        handle,
        world.after(ms / 1000, world.current, `interval ${ms} ms`, () => {
          again()
          run(...args)
        }),
      )
    }
    again()
    return handle
  }
  const clearInterval = (handle: number | undefined) => {
    const id = intervals.get(handle as number)
    if (id !== undefined) world.cancel(id)
    intervals.delete(handle as number)
  }
  Object.assign(globalThis, { setTimeout, clearTimeout, setInterval, clearInterval })
  Date.now = () => (epoch + world.now + (world.current?.skew ?? 0)) * 1000
  Math.random = random
  return () => {
    Object.assign(globalThis, real)
    Date.now = dateNow
    Math.random = mathRandom
  }
}
