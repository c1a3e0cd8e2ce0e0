import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { texts } from '../../src/error-texts'

const read = (path: string) => readFileSync(resolve(__dirname, '../..', path), 'utf8')

/** The members of the union, as the source has them. */
function codes(): string[] {
  const union = /export type OAuthErrorCode =\n((?:\s*\|.*\n)+)/.exec(read('src/errors.ts'))?.[1] ?? ''
  return [...union.matchAll(/'(OAUTH_[A-Z_]+)'/g)].map(([, code]) => code ?? '')
}

/** The rows of the table: code, when, what to do. */
function rows(): string[][] {
  return read('docs/errors.md')
    .split('\n')
    .filter(line => line.startsWith('| `OAUTH_'))
    .map(line => line.slice(1, -1).split('|'))
    .map(cells => cells.map(cell => cell.trim().replaceAll('`', '')))
}

test('every code has one row, and every row a code', () => {
  const found = rows().map(([code]) => code)
  expect(codes().length).toBeGreaterThan(25)
  expect(found).toEqual(codes())
  expect(new Set(found).size).toBe(found.length)
})

test('every code has texts, in the same order', () => {
  expect(Object.keys(texts)).toEqual(codes())
})

test.each(rows())('%s says when it happens and what to do', (_code, when, what) => {
  expect(when?.length).toBeGreaterThan(20)
  expect(what?.length).toBeGreaterThan(7)
})

test('no document speaks of a code that does not exist', () => {
  for (const path of ['docs/errors.md', 'docs/recipes.md'])
    for (const [code] of read(path).matchAll(/OAUTH_[A-Z_]+/g)) expect(codes()).toContain(code)
})
