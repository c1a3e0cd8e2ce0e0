import type { Case } from './case.js'
import { type LockSubject, lockCases } from './lock.js'
import { type StoreSubject, storeCases } from './store.js'

/** Runs the contract of stores under jest. */
export function storeContract(name: string, make: () => StoreSubject | Promise<StoreSubject>): void {
  contract(`${name} keeps the contract of stores`, storeCases(make))
}

/** Runs the contract of locks under jest. */
export function lockContract(name: string, make: () => LockSubject | Promise<LockSubject>): void {
  contract(`${name} keeps the contract of locks`, lockCases(make))
}

function contract(name: string, cases: Case[]): void {
  describe(name, () => {
    for (const { name, run } of cases) it(name, run, 60_000)
  })
}
