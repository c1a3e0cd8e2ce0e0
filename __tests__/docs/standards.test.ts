import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'

const folders: string[] = []
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true })
})

const entry = (id: string, more: object = {}) => ({
  id,
  title: 'Frying',
  supported: 'Eggs.',
  where: 'here',
  ...more,
})

/** A repository that has nothing but tests of RFC 1234 and what is written about it. */
function repository(tests: string, specifications = [entry('rfc1234')], other = '') {
  const folder = mkdtempSync(join(tmpdir(), 'standards-'))
  folders.push(folder)
  const files = {
    '__tests__/rfc/rfc1234.test.ts': tests,
    ...(other && { '__tests__/rfc/rfc4444.test.ts': other }),
    'tools/standards.json': JSON.stringify({
      specifications,
      unsupported: [{ title: 'Boiling', why: 'Too hot.' }],
    }),
    'docs/pan.md': '# Pans\n\n## In the `pan`\n',
  }
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  const run = (...options: string[]) => {
    const tool = resolve(__dirname, '../../tools/standards.mjs')
    const { status, stderr } = spawnSync(process.execPath, [tool, '--root', folder, ...options], {
      encoding: 'utf8',
    })
    return { status, stderr }
  }
  return { folder, run, page: () => readFileSync(join(folder, 'docs/standards.md'), 'utf8') }
}

/** The rows `[section, rule]` of the page's last part, the links taken off. */
const rows = (page: string) =>
  page
    .slice(page.indexOf('## Rule by rule'))
    .split('\n')
    .filter(line => /^\| (\[|\d| \|)/.test(line))
    .map(line => line.slice(2, -2).split(' | '))
    .map(([section, rule, status]) => [section?.replace(/^\[(.*)\]\(.*\)$/, '$1').trim(), rule, status])

const cases = `
import { optional } from '../support/optional'
const made = ['x']
describe('RFC 1234 Frying of Eggs', () => {
  test('section 2: the egg is fresh', () => expect('section 9: no test').toBe(test))
  it("section 10.1: the pan, isn't it | hot", async () => {})
  test(\`section 2.1: two <b>lines\`, () => {})
  test(
    'section 3, 1 and 2.B: long ' +
      'names',
    () => {},
  )
  test.each(['a', 'b c', 5])('section 4: %s is used', one => {})
  test.each(['a', '', undefined] as const)('section 4: %p is quoted', one => {})
  test.each([[400, 'invalid'], [401, 'refused']])('section 4.1: told: %i %s', () => {})
  test.each([{ kind: 'soft' }, { kind: 'hard' }])('section 4.2: an egg that is $kind', () => {})
  test.each(made)('section 5: made elsewhere: %s', () => {})
  test.each(made)('section 5: the pan (%s) in the middle %s goes', () => {})
  test.each(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'])('section 5: %s of many', () => {})
  test.each\`a | b
    \${1} | \${2}\`('section 6: of $a and $b', () => {})
  test.each([['section 7', 1], ['section 8.1', 2]])('%s: its own row', () => {})
  test.skip('section 9: skipped', () => {})
  test.todo('section 9: to do')
  describe.skip('later', () => {
    test('section 9: skipped as well', () => {})
  })
  describe('section 11: the plate', () => {
    test('is warm', () => {})
  })
  describe('kept to ourselves', () => {
    test('no section here', () => {})
  })
  optional('a pan', true, 'buy one')('with a pan', () => {
    test('appendix B: is oiled', () => {})
  })
  test('RFC 4321 section 7: elsewhere', () => {})
  test('COOK: without a number', () => {})
  test('known to be ours', () => {})
})
describe('the draft of frying', () => {
  test('section 1 of the draft: drafted', () => {})
  test('section 2: of the specification, in another describe', () => {})
  test('ours', () => {})
})
`

test('every way of naming a test is found, and nothing else', () => {
  const specifications = [
    entry('rfc1234', { where: '[pan](pan.md#in-the-pan)', further: ['known to be ours'] }),
    entry('rfc4321', { title: 'Cooking' }),
    entry('cook', { title: 'Cooks', url: 'https://cook.example', prefix: 'COOK' }),
    entry('draft', { title: 'Draft', url: 'https://draft.example', describe: 'the draft of frying' }),
    entry('rfc9999'),
  ]
  const { run, page } = repository(cases, specifications)
  expect(run()).toEqual({ status: 0, stderr: '' })
  expect(rows(page())).toEqual([
    ['2', 'the egg is fresh'],
    ['2', 'of the specification, in another describe'],
    ['2.1', 'two \\<b>lines'],
    ['3, 1 and 2.B', 'long names'],
    ['4', '`a`, b c or `5` is used'],
    ['4', "`'a'`, `''` or `undefined` is quoted"],
    ['4.1', 'told: `400` `invalid` or `401` `refused`'],
    ['4.2', 'an egg that is `soft` or `hard`'],
    ['5', 'made elsewhere'],
    ['5', 'the pan in the middle … goes'],
    ['5', '`a`, `b` … of many'],
    ['6', 'of … and …'],
    ['7', 'its own row'],
    ['8.1', 'its own row'],
    ['10.1', "the pan, isn't it \\| hot"],
    ['11', 'the plate: is warm'],
    ['appendix B', 'is oiled'],
    ['7', 'elsewhere'],
    ['', 'without a number'],
    ['1', 'drafted'],
  ])
  expect(page()).toContain('| [2](https://www.rfc-editor.org/rfc/rfc1234#section-2) |')
  expect(page()).toContain('| [appendix B](https://www.rfc-editor.org/rfc/rfc1234#appendix-B) |')
  expect(page()).toContain(
    '| [RFC 1234 Frying](https://www.rfc-editor.org/rfc/rfc1234) | Eggs. | [17](#rfc-1234-frying) | [pan](pan.md#in-the-pan) |',
  )
  expect(page()).toContain('| Boiling | Too hot. |')
  expect(page()).not.toContain('9999')
  const before = page()
  expect(run('--check').status).toBe(0)
  expect(run().status).toBe(0)
  expect(page()).toBe(before)
})

test('a page that is out of date is noticed, and left as it is', () => {
  const { folder, run, page } = repository(
    "describe('RFC 1234 Frying', () => { test('section 1: a', () => {}) })",
  )
  expect(run('--check')).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('Run: npm run standards'),
  })
  run()
  writeFileSync(join(folder, 'docs/standards.md'), `${page()}more`)
  expect(run('--check').status).toBe(1)
  expect(page()).toMatch(/more$/)
})

describe('every mistake is told, all of them at once', () => {
  const tests = `describe('RFC 1234 Frying', () => {
  test('section 1: good', () => {})
  test('hot', () => {})
  test(name, () => {})
  test('section 2 is hot', () => {})
  test('section 1: good', () => {})
  test('RFC 4321 section 7: b', () => {})
})`
  const other = `describe('frying', () => { test('section 1 of the draft: a', () => {}) })`
  const more = {
    where: '[lid](pan.md#lid), [pot](pot.md)',
    supported: '',
    tests: ['__tests__/pan'],
    further: ['x y'],
  }
  let result: { status: number | null; stderr: string }
  beforeAll(() => {
    result = repository(tests, [entry('rfc1234', more), entry('rfc4444')], other).run()
  })

  test.each([
    ['a test without a section', 'rfc1234.test.ts:3 "hot" names no section. Call it "section X.Y: …"'],
    ['a name that is computed', 'rfc1234.test.ts:4 "name" names no section'],
    ['a section without a rule', 'rfc1234.test.ts:5 "section 2 is hot" names no section'],
    [
      'a rule twice',
      'rfc1234.test.ts:6 "section 1: good" is there twice, see __tests__/rfc/rfc1234.test.ts:2',
    ],
    [
      'an RFC without a sentence',
      'rfc1234.test.ts:7: nothing is written about rfc4321. Add { "id": "rfc4321"',
    ],
    ['a draft without an entry', 'rfc4444.test.ts:1 "section 1 of the draft: a": which draft? Add an entry'],
    ['a file without its RFC', 'rfc4444.test.ts: no describe begins with "RFC 4444 "'],
    ['a heading that is gone', 'docs/pan.md has no heading #lid'],
    ['a page that is gone', 'docs/pot.md does not exist'],
    ['a sentence that is empty', 'rfc1234 needs "supported"'],
    ['tests that are gone', 'rfc1234 says that its tests are in __tests__/pan, where there are none'],
    ['an exception that is gone', '"further" of rfc1234 names a test that is gone: "x y"'],
  ])('%s', (_name, message) => {
    expect(result.status).toBe(1)
    expect(result.stderr).toContain(message)
  })

  test('and nothing else', () => {
    expect(result.stderr.match(/^ {2}/gm)).toHaveLength(12)
  })
})
