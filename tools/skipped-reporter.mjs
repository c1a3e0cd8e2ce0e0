/**
 * Says at the end of a Jest run what was not tested and how to test it: a skipped suite that nobody sees is a suite that
 * nobody runs. For .ci/run, which adds up and comes back, it also leaves the counts and which files left suites out.
 */
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const LEFT_OUT = ' » left out: '

export default class SkippedReporter {
  #root
  constructor(config, options = {}) {
    this.#root = config.rootDir
    this.suite = options.suite
  }

  onRunComplete(_contexts, results) {
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
    if (this.suite === undefined) {
      const suites = JSON.parse(readFileSync(new URL('./suites.json', import.meta.url), 'utf8'))
      for (const [name, what] of Object.entries(suites)) {
        if (existsSync(join(this.#root, '__tests__', name))) lines.push(`  ${what}: npm run test:${name}`)
      }
    }
    if (lines.length > 0) process.stderr.write(`\nNot tested in this run:\n${lines.join('\n')}\n`)
  }

  #record(results, files) {
    const folder = join(this.#root, '.tools')
    mkdirSync(folder, { recursive: true })
    if (this.suite === undefined) writeFileSync(join(folder, 'left-out.json'), JSON.stringify([...files]))
    // a suite that did not even load has no test that could have failed
    const failed = results.numFailedTests + results.testResults.filter(result => result.testExecError).length
    if (process.env.CI_TOTALS) appendFileSync(process.env.CI_TOTALS, `${results.numPassedTests} ${failed}\n`)
  }
}
