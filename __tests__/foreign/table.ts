/**
 * Runs a table of cases that another library's tests hold: each row is asked of this package, and its answer
 * is what that library expects, or what the row says in its place, with the reason. A row with a reason that
 * is no longer true fails too.
 */
import { isOAuthError } from '../../src/errors.js'
import { type Ask, asks } from './asks.js'

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json }

export interface Row {
  /** The foreign test that the case is from. */
  test: string
  /** What is special about it. */
  case: string
  ask: Ask
  input: Record<string, Json>
  /**
   * What that library answers: its answer, or `{ refused: 'the name of its error' }`; `null` for a member
   * that must be absent.
   */
  theirs: Json
  /** What this package answers, where the words differ. */
  ours?: Json
  /** Why this package decides otherwise, on purpose. */
  why?: string
}

export const nameOf = (row: Row) => `${row.test}: ${row.case}`

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isRefusal = (value: unknown) => isObject(value) && 'refused' in value

/** Of an answer what the expectation speaks of; an absent member is `null`. */
function project(answer: unknown, expected: Json): unknown {
  if (!isObject(expected) || !isObject(answer) || isRefusal(answer)) return answer ?? null
  return Object.fromEntries(
    Object.entries(expected).map(([name, member]) => [name, project(answer[name], member as Json)]),
  )
}

/** A refusal by an error of the package's own is an answer; anything else is a mistake. */
async function answerOf({ ask, input }: Row): Promise<unknown> {
  try {
    return await asks[ask](input as never)
  } catch (error) {
    if (!isOAuthError(error)) throw error
    return { refused: error.code }
  }
}

export function judge(rows: Row[]): void {
  const names = new Set(rows.map(nameOf))
  if (names.size !== rows.length) throw new Error('Two cases have the same name')

  test.each(rows.map(row => [nameOf(row), row] as const))('%s', async (_, row) => {
    const { theirs, ours = theirs, why } = row
    const answer = await answerOf(row)
    expect(project(answer, ours)).toEqual(ours)
    const agree = isRefusal(theirs) ? isRefusal(answer) : equal(project(answer, theirs), theirs)
    expect(agree ? 'the same' : 'another').toBe(why ? 'another' : 'the same')
  })
}

const equal = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other)
