import type { Lock } from '../../src/session/stored-grant.js'
import { type Case, gate, must, mustEqual, rejection } from './case.js'
import { oddKeys } from './store.js'

/** What a lock must bring to be tested. */
export interface LockSubject {
  lock: Lock
  /** A second handle on the same medium, as another tab, process or machine has one. */
  other?: Lock
  /** Seconds after which a dead holder's lock is free; 0 for a lock that cannot be lost. */
  lease: number
  /** Starts a holder elsewhere that can be killed: a child process, a tab. Resolves when it is inside. */
  hold?(name: string): Promise<{ kill(): unknown }>
  /** Takes the lock away from its holder, as an expired lease does. */
  lose?(name: string): unknown
  close?(): unknown
}

/** What every lock must do; each case makes its own lock and closes it. */
export function lockCases(make: () => LockSubject | Promise<LockSubject>): Case[] {
  const cases: Case[] = []
  const add = (name: string, body: (subject: LockSubject & { other: Lock }) => Promise<void>) =>
    cases.push({
      name,
      async run() {
        const subject = await make()
        try {
          await body({ ...subject, other: subject.other ?? subject.lock })
        } finally {
          await subject.close?.()
        }
      },
    })

  add('answers what the section answers', async ({ lock }) => {
    mustEqual(await lock('name', async () => 42), 42, 'the answer')
    mustEqual(await lock('name', async ({ signal }) => signal.aborted), false, 'a lease that stands')
  })

  add('rejects with the error of the section, and is free again', async ({ lock, other }) => {
    const error = new Error('inside')
    const thrown = await rejection(
      lock('name', async () => {
        throw error
      }),
      'must reject',
    )
    must(thrown === error, 'the very error')
    const synchronous = await rejection(
      lock('name', () => {
        throw error
      }),
      'must reject',
    )
    must(synchronous === error, 'the very error, thrown synchronously')
    mustEqual(await other('name', async () => 'free'), 'free', 'after a throw')
  })

  add('lets one in at a time', async ({ lock, other }) => {
    let inside = 0
    let done = 0
    await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        (index % 2 ? lock : other)('name', async () => {
          inside++
          mustEqual(inside, 1, 'sections at a time')
          for (let turn = 0; turn < 5; turn++) await Promise.resolve()
          if (index % 5 === 0) await new Promise(resolve => setTimeout(resolve, 2))
          mustEqual(inside, 1, 'sections at a time')
          inside--
          done++
        }),
      ),
    )
    mustEqual(done, 20, 'sections that ran')
  })

  add('does not let sections of different names wait for each other', async ({ lock, other }) => {
    const answer = await lock('one', () => other('two', () => lock('three', async () => 'nested')))
    mustEqual(answer, 'nested', 'nested sections')
  })

  add('keeps odd names apart', async ({ lock, other }) => {
    const release = gate()
    const entered = gate()
    const holder = lock('key', () => {
      entered.open()
      return release.promise
    })
    await entered.promise
    for (const name of oddKeys)
      if (name !== 'key') mustEqual(await other(name, async () => name, { maxWait: 10 }), name, 'a free name')
    release.open()
    await holder
  })

  add('frees a caller who gives up the wait, and nobody else', async ({ lock, other }) => {
    const release = gate()
    const entered = gate()
    const holder = lock('name', async () => {
      entered.open()
      await release.promise
      return 'held'
    })
    await entered.promise
    const aborter = new AbortController()
    let ran = false
    const waiter = other('name', async () => void (ran = true), { signal: aborter.signal })
    const inside: string[] = []
    const enter = (mine: Lock, who: string) => {
      const section = mine('name', async () => void inside.push(who))
      section.catch(() => {})
      return section
    }
    const third = enter(other, 'third')
    aborter.abort()
    mustEqual((await rejection(waiter, 'an aborted wait must reject')).code, 'OAUTH_ABORTED', 'code')
    const fourth = enter(lock, 'fourth')
    await new Promise(resolve => setTimeout(resolve, 50))
    mustEqual(inside, [], 'who entered while the lock was held')
    release.open()
    mustEqual(await holder, 'held', 'the holder')
    await Promise.all([third, fourth])
    mustEqual(inside.sort(), ['fourth', 'third'], 'who still waited')
    must(!ran, 'the section of who gave up must not run')
  })

  add('refuses a signal that is aborted already', async ({ lock }) => {
    const aborter = new AbortController()
    aborter.abort()
    let ran = false
    const error = await rejection(
      lock('name', async () => void (ran = true), { signal: aborter.signal }),
      'must reject',
    )
    mustEqual(error.code, 'OAUTH_ABORTED', 'code')
    must(!ran, 'the section must not run')
    mustEqual(await lock('name', async () => 'free'), 'free', 'afterwards')
  })

  add('never aborts a section that has begun', async ({ lock }) => {
    const aborter = new AbortController()
    const answer = await lock(
      'name',
      async lease => {
        aborter.abort()
        await new Promise(resolve => setTimeout(resolve, 450))
        return lease.signal.aborted
      },
      { signal: aborter.signal, maxWait: 0.4 },
    )
    mustEqual(answer, false, 'the lease')
  })

  add('caps the wait', async ({ lock, other }) => {
    const release = gate()
    const entered = gate()
    const holder = lock('name', () => {
      entered.open()
      return release.promise
    })
    await entered.promise
    let ran = false
    const waiter = other('name', async () => void (ran = true), { maxWait: 0.05 })
    mustEqual((await rejection(waiter, 'a capped wait must reject')).code, 'OAUTH_LOCK_TIMEOUT', 'code')
    release.open()
    await holder
    mustEqual(await other('name', async () => 'free', { maxWait: 10 }), 'free', 'afterwards')
    must(!ran, 'the section of who gave up must not run')
  })

  add(
    'keeps none of 8 contenders waiting longer than 8 sections and one lease',
    async ({ lock, other, lease }) => {
      let entered = 0
      let longest = 0
      const waits: { sections: number; seconds: number }[] = []
      const contender = async (mine: Lock) => {
        for (let round = 0; round < 4; round++) {
          const [before, asked] = [entered, Date.now()]
          await mine('name', async () => {
            waits.push({ sections: entered - before, seconds: (Date.now() - asked) / 1000 })
            entered++
            const began = Date.now()
            await new Promise(resolve => setTimeout(resolve, 3))
            longest = Math.max(longest, (Date.now() - began) / 1000)
          })
        }
      }
      await Promise.all(Array.from({ length: 8 }, (_, index) => contender(index % 2 ? lock : other)))
      mustEqual(waits.length, 32, 'sections that ran')
      for (const { sections, seconds } of waits)
        must(sections <= 8 || seconds <= 8 * longest + lease, `waited ${sections} sections, ${seconds} s`)
    },
  )

  add('is free one lease after its holder was killed', async ({ lock, other, lease, hold }) => {
    if (!hold) return
    const holder = await hold('name')
    let inside = false
    const waiter = lock('name', async () => void (inside = true), { maxWait: lease + 20 })
    const early = await rejection(
      other('name', async () => {}, { maxWait: 0.2 }),
      'held by a live process',
    )
    mustEqual(early.code, 'OAUTH_LOCK_TIMEOUT', 'code')
    must(!inside, 'nobody enters while the holder lives')
    await holder.kill()
    const killed = Date.now()
    await waiter
    must(
      (Date.now() - killed) / 1000 <= lease + 5,
      `free only ${(Date.now() - killed) / 1000} s after the death`,
    )
  })

  add('lets one of many take over from a dead holder', async ({ lock, other, lease, hold }) => {
    if (!hold) return
    const holder = await hold('name')
    let inside = 0
    const waiters = Array.from({ length: 8 }, (_, index) =>
      (index % 2 ? lock : other)(
        'name',
        async () => {
          mustEqual(++inside, 1, 'sections at a time')
          await new Promise(resolve => setTimeout(resolve, 5))
          inside--
        },
        { maxWait: lease + 20 },
      ),
    )
    await holder.kill()
    await Promise.all(waiters)
  })

  add('tells a holder that lost its lease', async ({ lock, lose }) => {
    if (!lose) return
    const outcome = await lock('name', async ({ signal }) => {
      const lost = new Promise<string>(resolve => signal.addEventListener('abort', () => resolve('lost')))
      await lose('name')
      return lost
    })
    mustEqual(outcome, 'lost', 'the lease')
    mustEqual(await lock('name', async () => 'free'), 'free', 'afterwards')
  })

  return cases
}
