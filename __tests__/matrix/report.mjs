/** Keeps what the matrix found, and writes docs/compatibility.md anew. */
import { compatibility, keep, recordOf } from '../compatibility/page.mjs'

const countOf = (results, kind) => results.filter(({ outcome }) => outcome === kind).length
const nameOf = ({ version, adapter, runtime }) => `${version} ${adapter} on ${runtime}`

/** The reasons for which a case was left out or failed, with the number of cells, and a few of the cells. */
function reasons(outcomes, kind) {
  const found = new Map()
  for (const outcome of outcomes)
    for (const result of outcome.results.filter(one => one.outcome === kind)) {
      const reason = `${result.name}: ${result.why}`
      found.set(reason, [...(found.get(reason) ?? []), nameOf(outcome)])
    }
  return [...found].map(([reason, cells]) => ({
    reason,
    count: cells.length,
    ...(cells.length < 4 && { cells }),
  }))
}

/** What one run found. `runtimes`: what each of them answered when it was asked for its version. */
function recordFrom(outcomes, runtimes, seconds) {
  const cells = outcomes.map(({ version, runtime, adapter, refused, results }) => ({
    version,
    runtime,
    adapter,
    ...(refused ? { refused } : { passed: countOf(results, 'passed'), failed: countOf(results, 'failed') }),
  }))
  return {
    runs: [{ date: new Date().toISOString().slice(0, 10), cells: cells.length, seconds }],
    runtimes,
    failed: reasons(outcomes, 'failed'),
    leftOut: reasons(outcomes, 'left out'),
    cells: cells.map(cell => ({ ...cell, ...(cell.refused && { refused: true }) })),
  }
}

function addReasons(before, more) {
  const all = new Map(before.map(one => [one.reason, one]))
  for (const { reason, count, cells } of more) {
    const known = all.get(reason)
    const named = [...(known?.cells ?? []), ...(cells ?? [])]
    const sum = count + (known?.count ?? 0)
    all.set(reason, { reason, count: sum, ...(named.length === sum && sum < 4 && { cells: named }) })
  }
  return [...all.values()]
}

/** Puts a run of some cells beside what is kept; it must not have one of them yet, unless it is whole. */
export function write(outcomes, { runtimes, seconds, isWhole }) {
  const run = recordFrom(outcomes, runtimes, seconds)
  if (isWhole) {
    keep('matrix', run)
  } else {
    const before = recordOf('matrix')
    const known = new Set(before.cells.map(nameOf))
    const again = run.cells.map(nameOf).filter(name => known.has(name))
    if (again.length > 0) throw new Error(`kept already, run the whole matrix: ${again.join(', ')}`)
    keep('matrix', {
      runs: [...before.runs, ...run.runs],
      runtimes: { ...before.runtimes, ...runtimes },
      failed: addReasons(before.failed, run.failed),
      leftOut: addReasons(before.leftOut, run.leftOut),
      cells: [...before.cells, ...run.cells],
    })
  }
  compatibility(false)
}
