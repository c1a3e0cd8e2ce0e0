/**
 * The simulated world: `npm run test:faults -- --schedules 20000`, `--seed 123 --trace` to see one
 * schedule again, `--mutants` to prove that it can fail: sessions that are broken on purpose must each be
 * caught. Also `--from N` (first seed), `--workers N`, and `--mutant NAME` with a seed or alone.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'
import { build } from 'esbuild'
import ts from 'typescript'
import { root } from '../../tools/entries.mjs'
import { mutants } from './mutants.mjs'

const { values: options } = parseArgs({
  options: {
    schedules: { type: 'string', default: process.env.SCHEDULES ?? (process.env.CI ? '20000' : '2000') },
    from: { type: 'string', default: process.env.FROM ?? '1' },
    seed: { type: 'string', ...(process.env.SEED && { default: process.env.SEED }) },
    trace: { type: 'boolean', default: !!process.env.TRACE },
    workers: { type: 'string', default: String(cpus().length) },
    mutants: { type: 'boolean', default: false },
    mutant: { type: 'string' },
  },
})
const folder = join(root, '__tests__/faults')
const scratch = mkdtempSync(join(tmpdir(), 'faults-'))
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }))

/**
 * The name of a declaration or an import in a source file, by symbol; a symbol that is not there is a mistake
 * of the mutant.
 */
function nameOf(source, symbol) {
  const names = source.statements.flatMap(statement => {
    if (ts.isImportDeclaration(statement)) return statement.importClause?.namedBindings?.elements ?? []
    if (ts.isVariableStatement(statement)) return statement.declarationList.declarations
    return ts.isFunctionDeclaration(statement) ? [statement] : []
  })
  const found = names.find(({ name }) => name?.text === symbol)
  if (!found) throw new Error(`there is no ${symbol}: rewrite the mutant`)
  return found
}

/** Renames what a symbol names and declares another in its place. */
function replaceSymbol(text, symbol, replacement) {
  const found = nameOf(ts.createSourceFile('mutant.ts', text, ts.ScriptTarget.Latest, true), symbol)
  const { name } = found
  const isImport = ts.isImportSpecifier(found)
  const statement = ts.isVariableDeclaration(found) ? found.parent.parent : found
  const isExported = statement.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)
  const renamed = `${text.slice(0, name.getStart())}${isImport ? `${symbol} as ` : ''}${symbol}_sound${text.slice(name.end)}`
  // a function, because calls stand before it
  const wrapper = `function ${symbol}(...all) { const sound = ${symbol}_sound; return (${replacement})(...all) }`
  return `${renamed}\n${isExported ? 'export ' : ''}${wrapper}\n`
}

/** Puts the functions of a mutant in the place of the product's. */
const breakSources = breaks => ({
  name: 'mutant',
  setup(bundle) {
    const open = new Set(Object.keys(breaks))
    bundle.onLoad({ filter: /[\\/]src[\\/].*\.ts$/ }, ({ path }) => {
      const file = path.replaceAll('\\', '/').split('/src/').pop()
      let contents = readFileSync(path, 'utf8')
      for (const [symbol, replacement] of Object.entries(breaks[file] ?? {}))
        contents = replaceSymbol(contents, symbol, replacement)
      open.delete(file)
      return { contents, loader: 'ts' }
    })
    bundle.onEnd(() => {
      if (open.size > 0) throw new Error(`not part of the world: ${[...open]}`)
    })
  },
})

/** Bundles the world with the session of src/, or with a broken one. */
async function bundle(name, breaks = {}) {
  const outfile = join(scratch, `${name.replace(/\W+/g, '-')}.mjs`)
  await build({
    entryPoints: [join(folder, 'worker.ts')],
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node18',
    outfile,
    logLevel: 'silent',
    plugins: [breakSources(breaks)],
  })
  return outfile
}

/** Runs seeds on all workers, in portions; stops early when `enough` says so. */
async function run(
  file,
  seeds,
  { trace = false, workers = Number(options.workers), enough = () => false } = {},
) {
  const queue = [...seeds]
  const outcomes = []
  const portion = () => queue.splice(0, 25)
  await Promise.all(
    Array.from({ length: Math.min(workers, Math.ceil(seeds.length / 25)) }, async () => {
      const worker = new Worker(file)
      try {
        for (let next = portion(); next.length > 0 && !enough(outcomes); next = portion()) {
          outcomes.push(
            ...(await new Promise((resolve, reject) => {
              worker.once('message', resolve)
              worker.once('error', reject)
              worker.postMessage({ seeds: next, trace })
            })),
          )
          worker.removeAllListeners('error')
        }
      } finally {
        await worker.terminate()
      }
    }),
  )
  return outcomes
}

const add = (sums, more) => {
  for (const [name, count] of Object.entries(more)) sums[name] = (sums[name] ?? 0) + count
  return sums
}
const violated = outcomes =>
  outcomes.filter(({ violation }) => violation).sort((one, other) => one.steps - other.steps)

/** Prints the shortest schedule of every kind of violation. */
function report(outcomes) {
  const kinds = new Map()
  for (const outcome of violated(outcomes)) {
    const { kind } = outcome.violation
    kinds.set(kind, [...(kinds.get(kind) ?? []), outcome])
  }
  for (const [kind, found] of kinds) {
    const [{ seed, steps, violation }] = found
    console.log(`\nVIOLATION ${kind}: ${violation.detail}`)
    console.log(
      `  in ${found.length} schedules; the shortest (${steps} steps): npm run test:faults -- --seed ${seed} --trace`,
    )
  }
  return kinds.size
}

async function schedules() {
  const file = await bundle('session')
  const first = Number(options.from)
  const start = performance.now()
  const outcomes = await run(
    file,
    Array.from({ length: Number(options.schedules) }, (_, index) => first + index),
  )
  const sum = field => outcomes.reduce((total, outcome) => total + outcome[field], 0)
  const counts = outcomes.reduce((sums, outcome) => add(sums, outcome.counts), {})
  console.log(
    `${outcomes.length} schedules, ${sum('steps')} steps, ${((performance.now() - start) / 1000).toFixed(1)} s: ` +
      `${counts.token} token requests (${counts.refresh} refreshes), ${sum('alive')} sessions alive at the end, ${sum('over')} over for a reason`,
  )
  for (const [reason, count] of Object.entries(outcomes.reduce((sums, { losses }) => add(sums, losses), {})))
    console.log(`  lost to what nobody can prevent: ${count} × ${reason}`)
  const kinds = report(outcomes)
  console.log(`${violated(outcomes).length} violations`)
  if (kinds > 0) process.exitCode = 1
}

async function oneSeed() {
  const file = await bundle(options.mutant ?? 'session', mutants[options.mutant]?.breaks)
  const [first] = await run(file, [Number(options.seed)], { trace: true })
  const [again] = await run(file, [Number(options.seed)], { trace: true })
  if (options.trace) {
    console.log(JSON.stringify(first.profile).replace(/"[a-zA-Z]+":(?:0|false)(?:,|(?=\}))/g, ''))
    for (const line of first.trace) console.log(line)
  }
  const { seed, steps, violation } = first
  console.log(
    `seed ${seed}: ${steps} steps, ${violation ? `VIOLATION ${violation.kind}: ${violation.detail}` : 'no violation'}`,
  )
  const same = JSON.stringify(first) === JSON.stringify(again)
  console.log(same ? 'replayed exactly' : 'NOT replayed exactly: something in the world is not seeded')
  if (violation || !same) process.exitCode = 1
}

async function breakIt(names) {
  const most = options.mutants && !process.argv.includes('--schedules') ? 10_000 : Number(options.schedules)
  const soundFile = await bundle('session')
  for (const name of names) {
    const { what, breaks } = mutants[name]
    let file
    try {
      file = await bundle(name, breaks)
    } catch (error) {
      console.log(`NOT CAUGHT, because it cannot be made: ${what} (${error.errors?.[0]?.text ?? error})`)
      process.exitCode = 1
      continue
    }
    const first = Number(options.from)
    let caught
    for (let from = first; !caught && from < first + most; ) {
      const seeds = Array.from({ length: first + most - from }, (_, index) => from + index)
      const outcomes = await run(file, seeds, { enough: so => so.some(({ violation }) => violation) })
      const [found] = outcomes
        .filter(({ violation }) => violation)
        .sort((one, other) => one.seed - other.seed)
      if (!found) break
      // what the sound session does wrong as well is no proof
      const [sound] = await run(soundFile, [found.seed])
      if (!sound.violation) caught = found
      from = found.seed + 1
    }
    if (caught)
      console.log(`caught after ${caught.seed - first + 1} schedules: ${what} (${caught.violation.kind})`)
    else {
      console.log(`NOT CAUGHT in ${most} schedules: ${what}`)
      process.exitCode = 1
    }
  }
}

if (options.seed !== undefined) await oneSeed()
else if (options.mutants || options.mutant)
  await breakIt(options.mutant ? [options.mutant] : Object.keys(mutants))
else await schedules()
