/**
 * Says at the end of a Jest run what was not tested and how to test it: a skipped suite that nobody sees is a
 * suite that nobody runs. For .ci/run, which adds up and comes back, it also leaves the counts and which
 * files left suites out.
 */
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const LEFT_OUT = ' » left out: '
const OTHER_COMMANDS = {
  'test:long': 'the whole of the loads of which this run has a sample',
  'test:package': 'the packed package in old and new consumers',
  'test:generated': 'clients that generators make from an OpenAPI document',
  'test:browsers': 'Chromium, Firefox and WebKit',
  'test:faults': 'the simulated world with thousands of schedules',
  'test:load': 'many processes under load on one store',
  'test:consumers': 'bundlers, package managers and compilers of users',
  'test:foreign': 'suites that others wrote',
  'test:musts': 'whether a test fails for each refusal that is taken out',
}

export default class SkippedReporter {
  #root
  #isUnit = false
  constructor(config) {
    this.#root = config.rootDir
  }

  onRunComplete(contexts, results) {
    this.#isUnit = [...contexts].some(({ config }) => config.displayName?.name === 'unit')
    const reasons = new Map()
    const files = new Set()
    let unexplained = 0
    for (const { testFilePath, testResults } of results.testResults) {
      for (const { status, ancestorTitles } of testResults) {
        if (status !== 'pending' && status !== 'todo') continue
        const title = ancestorTitles.find(part => part.includes(LEFT_OUT))
        if (title === undefined) {
          unexplained += 1
          continue
        }
        const reason = title.slice(title.indexOf(LEFT_OUT) + LEFT_OUT.length)
        reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
        files.add(testFilePath)
      }
    }
    this.#print(reasons, unexplained)
    this.#record(results, files)
  }

  #print(reasons, unexplained) {
    const lines = [...reasons].map(([reason, count]) => `  ${count} test${count === 1 ? '' : 's'}: ${reason}`)
    if (unexplained > 0) lines.push(`  ${unexplained} skipped without a reason`)
    if (this.#isUnit) {
      for (const [command, what] of Object.entries(OTHER_COMMANDS))
        lines.push(`  ${what}: npm run ${command}`)
    }
    if (lines.length > 0) process.stderr.write(`\nNot tested in this run:\n${lines.join('\n')}\n`)
  }

  #record(results, files) {
    const folder = join(this.#root, '.tools')
    mkdirSync(folder, { recursive: true })
    if (this.#isUnit) writeFileSync(join(folder, 'left-out.json'), JSON.stringify([...files]))
    // a suite that did not even load has no test that could have failed
    const failed = results.numFailedTests + results.testResults.filter(result => result.testExecError).length
    if (process.env.CI_TOTALS) appendFileSync(process.env.CI_TOTALS, `${results.numPassedTests} ${failed}\n`)
  }
}
