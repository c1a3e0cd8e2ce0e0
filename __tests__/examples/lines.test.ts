import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const read = (path: string) => readFileSync(join(__dirname, '../../examples', path), 'utf8')
/** Lines of code: no empty ones, no comments. */
const linesOf = (source: string) => source.split('\n').filter(line => !/^\s*(\/\/|\/?\*|$)/.test(line)).length
/** What is left of a source without a part that must be there. */
const without = (source: string, part: RegExp) => {
  expect(source).toMatch(part)
  return source.replace(part, '')
}
const imports = /^import [^;]*? from '[^']*'\n/gm

test('a server that signs people in is at most 40 lines beside its table of APIs, imports among them', () => {
  const beside = without(read('express/server.ts'), /^ {2}clients: \{\n.*?^ {2}\},\n/ms)
  expect(linesOf(beside)).toBeLessThanOrEqual(40)
})

test('the sign-in of a page, in the window and in one of its own, is at most 25 lines beside its imports and its table of APIs', () => {
  const beside = without(read('react-spa/src/session.ts'), /^const APIS = .*\n/m)
  expect(linesOf(without(beside, imports))).toBeLessThanOrEqual(25)
})
