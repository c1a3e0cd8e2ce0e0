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

/** A test as Jest reports it: its groups, from the outermost, then its name. */
const told = (line: number, ...titles: string[]) => ({
  ancestorTitles: titles.slice(0, -1),
  title: titles.at(-1),
  status: 'passed',
  location: { line, column: 3 },
})

/** A repository that has nothing but results of tests of RFC 1234 and what is written about it. */
function repository(tests: object[], specifications = [entry('rfc1234')], other: object[] = []) {
  const folder = mkdtempSync(join(tmpdir(), 'standards-'))
  folders.push(folder)
  const places = ['supported', 'not supported', 'rules'].map(name => `<!-- ${name}: -->\n<!-- /${name} -->\n`)
  const results = { 'rfc1234.test.ts': tests, ...(other.length > 0 && { 'rfc4444.test.ts': other }) }
  const testResults = Object.entries(results).map(([name, assertionResults]) => ({
    name: join(folder, '__tests__/rfc', name),
    assertionResults,
  }))
  const files = {
    ...Object.fromEntries(Object.keys(results).map(name => [`__tests__/rfc/${name}`, ''])),
    '__tests__/rfc/standards.json': JSON.stringify({
      specifications,
      unsupported: [{ title: 'Boiling', why: 'Too hot.' }],
    }),
    'results.json': JSON.stringify({ testResults }),
    'docs/pan.md': '# Pans\n\n## In the `pan`\n',
    'docs/standards.md': `# Standards\n\n${places.join('\n## Rule by rule\n\n')}`,
  }
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  const run = (...options: string[]) => {
    const tool = resolve(__dirname, '../rfc/standards.mjs')
    const command = [tool, '--root', folder, '--results', join(folder, 'results.json'), ...options]
    const { status, stderr } = spawnSync(process.execPath, command, { encoding: 'utf8' })
    return { status, stderr }
  }
  return { folder, run, page: () => readFileSync(join(folder, 'docs/standards.md'), 'utf8') }
}

/** The rows `[section, rule]` of the page's last part, the links taken off. */
const rows = (page: string) =>
  page
    .slice(page.lastIndexOf('## Rule by rule'))
    .split('\n')
    .filter(line => /^\| (\[|\d| \|)/.test(line))
    .map(line => line.slice(2, -2).split(' | '))
    .map(([section, rule, status]) => [section?.replace(/^\[(.*)\]\(.*\)$/, '$1').trim(), rule, status])

const rfc = (line: number, ...titles: string[]) => told(line, 'RFC 1234 Frying of Eggs', ...titles)
const table = (line: number, ...names: string[]) => names.map(name => rfc(line, name))
const cases = [
  rfc(1, 'section 2: the egg is fresh'),
  rfc(2, "section 10.1: the pan, isn't it | hot"),
  rfc(3, 'section 2.1: two <b>lines'),
  rfc(4, 'section 3, 1 and 2.B: long names'),
  ...table(5, 'section 4: a is used', 'section 4: b c is used', 'section 4: 5 is used'),
  ...table(6, 'section 4: "a" is quoted', 'section 4: "" is quoted', 'section 4: undefined is quoted'),
  ...table(7, 'section 4.1: told: 400, invalid', 'section 4.1: told: 401, invalid'),
  ...table(8, 'section 4.2: an egg that is soft', 'section 4.2: an egg that is hard'),
  ...table(9, ...Array.from({ length: 9 }, (_, index) => `section 5: many: ${index}${'x'.repeat(50)}`)),
  ...table(10, ...[...'abcdefgh'].map(one => `section 5: ${one} of many`)),
  ...table(11, 'section 7: its own row', 'section 8.1: its own row'),
  ...table(12, 'section 8.2: the pan (a): hot', 'section 8.2: the pan (b): hot'),
  { ...rfc(13, 'section 9: skipped'), status: 'pending' },
  { ...rfc(14, 'section 9: to do'), status: 'todo' },
  rfc(15, 'section 11: the plate', 'is warm'),
  rfc(16, 'kept to ourselves', 'no section here'),
  { ...rfc(17, 'with a pan » left out: buy one', 'appendix B: is oiled'), status: 'pending' },
  rfc(18, 'RFC 4321 section 7: elsewhere'),
  rfc(19, 'COOK: without a number'),
  rfc(20, 'known to be ours'),
  told(21, 'the draft of frying', 'section 1 of the draft: drafted'),
  told(22, 'the draft of frying', 'section 2: of the specification, in another describe'),
  told(23, 'the draft of frying', 'ours'),
]

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
    ['4', '`"a"`, `""` or `undefined` is quoted'],
    ['4.1', 'told: `400` or `401`, invalid'],
    ['4.2', 'an egg that is `soft` or `hard`'],
    ['5', 'many'],
    ['5', '`a`, `b` … of many'],
    ['7', 'its own row'],
    ['8.1', 'its own row'],
    ['8.2', 'the pan (`a` or `b`): hot'],
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
    '| [RFC 1234 Frying](https://www.rfc-editor.org/rfc/rfc1234) | Eggs. | [16](#rfc-1234-frying) | [pan](pan.md#in-the-pan) |',
  )
  expect(page()).toContain('| Boiling | Too hot. |')
  expect(page()).not.toContain('9999')
  const before = page()
  expect(run('--check').status).toBe(0)
  expect(run().status).toBe(0)
  expect(page()).toBe(before)
})

test('a page that is out of date is noticed, and left as it is', () => {
  const { folder, run, page } = repository([told(1, 'RFC 1234 Frying', 'section 1: a')])
  expect(run('--check')).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('Run: npm run standards'),
  })
  run()
  writeFileSync(join(folder, 'docs/standards.md'), page().replace('Too hot.', 'Too cold.'))
  expect(run('--check').status).toBe(1)
  expect(page()).toContain('Too cold.')
})

describe('every mistake is told, all of them at once', () => {
  const frying = (line: number, name: string) => told(line, 'RFC 1234 Frying', name)
  const tests = [
    frying(2, 'section 1: good'),
    frying(3, 'hot'),
    { ...frying(4, 'section 3: burnt'), status: 'failed' },
    frying(5, 'section 2 is hot'),
    frying(6, 'section 1: good'),
    frying(7, 'RFC 4321 section 7: b'),
  ]
  const other = [told(1, 'frying', 'section 1 of the draft: a')]
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
    ['a rule that is not kept', 'rfc1234.test.ts:4 "section 3: burnt" fails'],
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
