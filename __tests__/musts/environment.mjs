/**
 * Jest's environment for __tests__/musts/run.mjs: notes which test makes which refusal fire, or switches one
 * refusal off and runs the tests that made it fire until one fails.
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { TestEnvironment } from 'jest-environment-node'

const nameOf = test => {
  const names = []
  for (let at = test; at.parent; at = at.parent) names.unshift(at.name)
  return names.join(' ')
}

export default class MustsEnvironment extends TestEnvironment {
  #test = ''
  #fired = new Map()
  #hasFailed = false

  constructor(config, context) {
    super(config, context)
    this.path = context.testPath
    const told = context.testPath.replace(/test\.ts$/, 'json')
    const { off, wanted } = existsSync(told) ? JSON.parse(readFileSync(told, 'utf8')) : {}
    this.off = off
    this.wanted = wanted && new Set(wanted)
    this.global.__must = (id, value, isTable) => {
      if (id === off) return isTable
      if (!off && !value === isTable) this.#note(id)
      return value
    }
  }

  #note(id) {
    const tests = this.#fired.get(id) ?? new Set()
    this.#fired.set(id, tests.add(this.#test))
  }

  handleTestEvent({ name, test }) {
    if (name === 'test_start') {
      this.#test = nameOf(test)
      const isWanted = !this.wanted || this.wanted.has('') || this.wanted.has(this.#test)
      if (this.#hasFailed || !isWanted) test.mode = 'skip'
    }
    if (name === 'test_done') {
      this.#hasFailed ||= !!this.off && test.errors.length > 0
      this.#test = ''
    }
  }

  async teardown() {
    const lines = [...this.#fired].map(
      ([id, tests]) => `${JSON.stringify({ id, file: this.path, tests: [...tests] })}\n`,
    )
    if (process.env.MUSTS_RECORD && lines.length > 0) appendFileSync(process.env.MUSTS_RECORD, lines.join(''))
    await super.teardown()
  }
}
