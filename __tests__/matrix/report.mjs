/** Writes docs/compatibility.md from the outcomes of the matrix. */
import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '../..')

const order = (a, b) => {
  const [x, y] = [a, b].map(version => version.split('.').map(Number))
  return y[0] - x[0] || y[1] - x[1] || y[2] - x[2]
}

function mark(outcome) {
  if (!outcome) return ''
  if (outcome.refused) return 'refused'
  const failed = outcome.results.filter(result => result.outcome === 'failed').length
  const passed = outcome.results.filter(result => result.outcome === 'passed').length
  return failed > 0 ? `**${failed} failed** of ${failed + passed}` : `${passed}`
}

/** The reasons for which a case was left out, or failed, with the cells it concerns. */
function reasons(outcomes, kind) {
  const found = new Map()
  for (const { version, adapter, runtime, results } of outcomes)
    for (const { name, outcome, why } of results) {
      if (outcome !== kind) continue
      const cells = found.get(`${name}: ${why}`) ?? []
      found.set(`${name}: ${why}`, [...cells, `${version} ${adapter} on ${runtime}`])
    }
  return [...found].map(
    ([reason, cells]) => `- ${reason} (${cells.length > 3 ? `${cells.length} cells` : cells.join(', ')})`,
  )
}

export function write(outcomes, seconds) {
  const columns = [...new Set(outcomes.map(({ runtime, adapter }) => `${runtime}, ${adapter}`))]
  const versions = [...new Set(outcomes.map(({ version }) => version))].sort(order)
  const at = (version, column) =>
    outcomes.find(
      outcome => outcome.version === version && `${outcome.runtime}, ${outcome.adapter}` === column,
    )
  const failures = reasons(outcomes, 'failed')
  const text = [
    '# Compatibility',
    '',
    'This page is written by `npm run test:matrix`: the packed package with every release of axios, on every runtime, over real',
    'sockets. A number says how many cases passed in a cell; an empty cell was not run, because the adapter is not there or because',
    'the runtime takes a sample of the releases.',
    '',
    `${versions.length} releases of axios, ${new Set(outcomes.map(({ runtime }) => runtime)).size} runtimes, ${outcomes.length} cells, ${seconds} seconds.`,
    '1.14.1 and 0.30.4 were hijacked, are gone from npm, and are never installed. 1.0.0 is refused: its http adapter loses the',
    'question mark of a query.',
    '',
    `| axios | ${columns.join(' | ')} |`,
    `|---|${columns.map(() => '---').join('|')}|`,
    ...versions.map(
      version => `| ${version} | ${columns.map(column => mark(at(version, column))).join(' | ')} |`,
    ),
    '',
    ...(failures.length > 0 ? ['## What failed', '', ...failures, ''] : []),
    '## What was left out',
    '',
    ...reasons(outcomes, 'left out'),
    '',
  ].join('\n')
  writeFileSync(join(root, 'docs/compatibility.md'), text)
}
