/**
 * `npm run standards`: writes the tables of docs/standards.md, which say what specifications are kept, from
 * the names of the tests that show it, as Jest tells them; only a test that passes counts. `standards.json`
 * has what no test can say: what of a specification is supported, and what is not and why. `--check` changes
 * nothing and fails where the page says something else; `--root` names another folder, `--results` a file
 * with Jest's results.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { root as here } from '../../tools/entries.mjs'
import { between, escaped, table } from '../../tools/page.mjs'

const { values: options } = parseArgs({
  options: {
    check: { type: 'boolean' },
    root: { type: 'string', default: here },
    results: { type: 'string', default: join(here, '.tools/rules.json') },
  },
})
const { root } = options
const folder = '__tests__/rfc'
const failures = []
const read = path => readFileSync(join(root, path), 'utf8')
const isTest = path => path.endsWith('.test.ts')
const { specifications: written, unsupported } = JSON.parse(read('__tests__/rfc/standards.json'))
const specifications = new Map(written.map(one => [one.id, { ...one, rules: [] }]))
const rfcFiles = readdirSync(join(root, folder)).filter(isTest).sort()

/** Runs the tests that state rules, unless their results are given: `[path, results of its tests]`. */
function results() {
  const files = rfcFiles
    .map(file => `${folder}/${file}`)
    .concat(written.flatMap(({ rulesIn = [] }) => rulesIn))
  if (root === here) {
    rmSync(options.results, { force: true })
    const jest = 'node_modules/jest/bin/jest.js --selectProjects unit --reporters default --silent --json'
    const more = ['--testLocationInResults', '--outputFile', options.results, '--runTestsByPath', ...files]
    spawnSync(process.execPath, [...jest.split(' '), ...more], { cwd: root, stdio: 'ignore' })
  }
  const { testResults } = JSON.parse(readFileSync(options.results, 'utf8'))
  return testResults.map(one => [relative(root, one.name).replaceAll('\\', '/'), one.assertionResults])
}

const sectionIn =
  /^(?:(RFC \d+),? )?(?:sections?|(appendix)) (\d+(?:\.\d+)*|[A-Z](?:\.\d+)*)\b([^:]*?)(?:: (.+))?$/s

/** `{ of, section, isAppendix, label, text }` of a name that begins with a section; `of` is the document. */
function placeOf(name) {
  const found = sectionIn.exec(name)
  if (found === null) return undefined
  const [, before, appendix, section, rest, text = ''] = found
  const [elsewhere, of] = / of (the draft|RFC \d+)$/.exec(rest) ?? ['']
  const label = section + rest.slice(0, rest.length - elsewhere.length)
  return { of: before ?? of, section, isAppendix: Boolean(appendix), label, text }
}

const code = text => (/`/.test(text) ? escaped(text) : `\`${text.replaceAll('|', '\\|')}\``)
const shown = value => (/^[a-z\d]+ .*[a-z]/i.test(value) ? escaped(value) : code(value))
const oneOf = list => (list.length < 2 ? list.join('') : `${list.slice(0, -1).join(', ')} or ${list.at(-1)}`)

/** The texts of one table of tests as one: what differs is listed where it is short, else begun. */
function summary(texts) {
  const lines = [...new Set(texts)].map(text => text.split(/(?= |[,:;)]+(?: |$))|(?<=[ (])/))
  if (lines.length === 1) return escaped(texts[0])
  const shortest = Math.min(...lines.map(({ length }) => length))
  const isShared = at => lines.every(words => words.at(at) === lines[0].at(at))
  let [front, back] = [0, 0]
  while (front < shortest && isShared(front)) front += 1
  while (back < shortest - front && isShared(-1 - back)) back += 1
  const values = lines.map(words => words.slice(front, words.length - back).join(''))
  const [before, after] = [lines[0].slice(0, front).join(''), back ? lines[0].slice(-back).join('') : '']
  const isShort = values.length < 7 && values.join().length < 110 && values.every(Boolean)
  if (!isShort && !after && before.endsWith(': ')) return escaped(before.slice(0, -2))
  const some = `${values.slice(0, 2).filter(Boolean).map(shown).join(', ')} …`
  const middle = isShort ? oneOf(values.map(shown)) : some.length < 70 ? some : '…'
  return `${escaped(before)}${middle}${escaped(after)}`
}

/** The tests of a file, those of one table together: `{ line, groups, name, place, texts }`. */
function testsOf(path, assertions) {
  const found = new Map()
  for (const { ancestorTitles, title: name, status, location } of assertions) {
    const isLeftOut = ancestorTitles.some(group => group.includes(' » left out: '))
    const { line, column } = location
    if (status === 'failed') failures.push(`${path}:${line} "${name}" fails`)
    if (status !== 'passed' && !isLeftOut) continue
    const groups = ancestorTitles.map(group => group.replace(/ » left out: .*/s, ''))
    const own = placeOf(name)
    const place = own?.text ? own : groups.map(placeOf).findLast(Boolean)
    const around = place === own || !place?.text ? '' : `${place.text}: `
    const key = [line, column, place?.of, place?.label].join()
    if (!found.has(key)) found.set(key, { line, groups, name, place, texts: [] })
    found.get(key).texts.push(own?.text || around + name)
  }
  return [...found.values()]
}

/** Which specification a test is about, or nothing after telling what is missing. */
function ownerOf({ line, groups, name, place }, path, current, prefix) {
  const of = place?.of
  const byDescribe = () => written.find(({ describe }) => describe === groups[0])?.id
  const id =
    prefix?.id ?? (of === undefined ? current : of === 'the draft' ? byDescribe() : of.replace('RFC ', 'rfc'))
  if (id === undefined)
    failures.push(`${path}:${line} "${name}": which draft? Add an entry with "describe": "${groups[0]}"`)
  else if (!specifications.has(id)) {
    specifications.set(id, { id, title: '', rules: [] })
    failures.push(`${path}:${line}: nothing is written about ${id}. Add { "id": "${id}", … }`)
  }
  return specifications.get(id)
}

/** Files the rules that the tests of a file name; in `__tests__/rfc` each of them has to name a section. */
function collect(path, tests, id, isStrict) {
  for (const test of tests) {
    const { line, groups, name, place } = test
    const number = /^RFC (\d+)[,:]? /.exec(groups[0] ?? '')?.[1]
    const current = isStrict && number ? `rfc${number}` : id
    const prefix = written.find(one => one.prefix && name.startsWith(`${one.prefix}: `))
    if (place === undefined && prefix === undefined) {
      const isOurs = groups.length > 1 || (groups.length === 1 && !number)
      if (isStrict && !isOurs && !specifications.get(current)?.further?.some(start => name.startsWith(start)))
        failures.push(
          `${path}:${line} "${name}" names no section. Call it "section X.Y: …"; or, if no specification demands it, put it in a describe of its own or into "further" of ${current}`,
        )
      continue
    }
    const owner = ownerOf(test, path, current, prefix)
    if (owner === undefined) continue
    const texts = prefix ? test.texts.map(text => text.slice(prefix.prefix.length + 2)) : test.texts
    const rule = { label: '', ...place, text: summary(texts), at: `${path}:${line}` }
    const twin = owner.rules.find(one => one.label === rule.label && one.text === rule.text)
    if (twin) failures.push(`${rule.at} "${name}" is there twice, see ${twin.at}`)
    owner.rules.push(rule)
  }
}

const all = new Map(results().map(([path, assertions]) => [path, testsOf(path, assertions)]))
for (const file of rfcFiles) {
  const [path, id] = [`${folder}/${file}`, file.slice(0, -'.test.ts'.length)]
  const heading = `RFC ${id.slice(3)} `
  if (!/^rfc\d+$/.test(id)) failures.push(`${path}: the name of a file here is rfcNNNN.test.ts`)
  else if (!all.get(path)?.some(({ groups }) => groups[0]?.startsWith(heading)))
    failures.push(`${path}: no describe begins with "${heading}" and has a test`)
  collect(path, all.get(path) ?? [], id, true)
}
for (const { id, rulesIn = [] } of written)
  for (const path of rulesIn) collect(path, all.get(path) ?? [], id, false)

/** How GitHub calls a heading in a link. */
const anchorOf = heading =>
  heading.toLowerCase().replace(/[^\p{L}\p{N}\p{M}_-]/gu, found => (found === ' ' ? '-' : ''))
const headings = path => Array.from(read(path).matchAll(/^#+ (.+)$/gm), ([, text]) => anchorOf(text))

/** What is written must be whole, and lead to tests, pages and headings that are there. */
function checkWritten({ id, tests = [], further = [], supported = '', where = '' }) {
  if (!supported || !where) failures.push(`${id} needs "supported" and "where"`)
  for (const path of tests)
    if (!existsSync(join(root, path)) || !(isTest(path) || readdirSync(join(root, path)).some(isTest)))
      failures.push(`${id} says that its tests are in ${path}, where there are none`)
  for (const name of further)
    if (![...all.values()].flat().some(test => test.name.startsWith(name)))
      failures.push(`"further" of ${id} names a test that is gone: "${name}"`)
  for (const [, file, anchor] of `${where} ${supported}`.matchAll(/\]\(([^:)#]+\.md)(?:#([^)]+))?\)/g)) {
    const path = join('docs', file)
    if (!existsSync(join(root, path))) failures.push(`${path} does not exist`)
    else if (anchor && !headings(path).includes(anchor)) failures.push(`${path} has no heading #${anchor}`)
  }
}
written.forEach(checkWritten)

const numberOf = ({ id }) => /^rfc(\d+)$/.exec(id)?.[1]
const linkOf = one => one.url ?? `https://www.rfc-editor.org/rfc/${one.id}`
const nameOf = one => (numberOf(one) ? `RFC ${numberOf(one)} ${one.title}`.trim() : one.title)

function sectionLink(one, { section, label, isAppendix }) {
  if (section === undefined) return ''
  const kind = isAppendix || /^[A-Z]/.test(section) ? 'appendix' : 'section'
  const text = isAppendix ? `appendix ${label}` : label
  return numberOf(one) ? `[${text}](${linkOf(one)}#${kind}-${section})` : text
}

/** 2 before 2.1 before 10, appendices last, nothing first. */
const bySection = (a, b) => sortKey(a).localeCompare(sortKey(b), 'en', { numeric: true })
const sortKey = ({ section = '' }) => section.replace(/^([A-Z])/, '9999.$1')

const listed = [...specifications.values()]
  .filter(({ rules, tests }) => rules.length > 0 || tests)
  .sort((a, b) => (numberOf(a) ?? 1e6) - (numberOf(b) ?? 1e6))
const filesOf = ({ tests = [] }) =>
  tests.map(path => `[${path.replace(/^__tests__\/|\.test\.ts$/g, '')}](../${path})`)
const overview = listed.map(one => {
  const { rules, supported = '', where = '' } = one
  const own = rules.length > 0 ? [`[${rules.length}](#${anchorOf(nameOf(one))})`] : []
  return [`[${nameOf(one)}](${linkOf(one)})`, supported, [...own, ...filesOf(one)].join(', '), where]
})
const ruleByRule = listed
  .filter(({ rules }) => rules.length > 0)
  .map(one => {
    const rows = one.rules.sort(bySection).map(rule => [sectionLink(one, rule), rule.text])
    return `### ${nameOf(one)}\n\n${table([['Section', 'Rule'], ...rows])}`
  })
const not = unsupported.map(({ title, url, why }) => [url ? `[${title}](${url})` : title, why])

const page = 'docs/standards.md'
const before = read(page)
const supported = table([['Specification', 'What of it', 'Rules tested', 'Read on'], ...overview])
let text = between(before, 'supported', supported)
text = between(text, 'not supported', table([['Specification', 'Why'], ...not]))
text = between(text, 'rules', ruleByRule.join('\n\n'))
if (failures.length === 0 && text !== before) {
  if (options.check) failures.push(`${page} is not what the tests say. Run: npm run standards`)
  else writeFileSync(join(root, page), text)
}
if (failures.length > 0) console.error(`standards:\n  ${failures.join('\n  ')}`)
process.exitCode = failures.length > 0 ? 1 : 0
