/**
 * `npm run standards`: writes docs/standards.md, which says what specifications are kept, from the names of
 * the tests that show it. `standards.json` has what no test can say: what of a specification is supported,
 * and what is not and why. `--check` changes nothing and fails where the page says something else; `--root`
 * names another folder to work in.
 */
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root as here } from './entries.mjs'
import { testsOf } from './test-names.mjs'

const rootAt = process.argv.indexOf('--root')
const root = rootAt < 0 ? here : process.argv[rootAt + 1]
const page = 'docs/standards.md'
const table = 'tools/standards.json'
const folder = '__tests__/rfc'
const failures = []

const read = path => readFileSync(join(root, path), 'utf8')
const list = path => (existsSync(join(root, path)) ? readdirSync(join(root, path)).sort() : [])
const testsIn = path =>
  statSync(join(root, path)).isFile()
    ? [path]
    : list(path)
        .filter(name => name.endsWith('.test.ts'))
        .map(name => `${path}/${name}`)

const { specifications: written, unsupported } = JSON.parse(read(table))
const specifications = new Map(written.map(one => [one.id, { ...one, rules: [], files: new Set() }]))
const byDescribe = title => [...specifications.values()].find(({ describe }) => describe === title)?.id

/** The specification of this id, made up where nobody has written about it. */
function specification(id, title, file) {
  if (!specifications.has(id)) {
    specifications.set(id, { id, title, rules: [], files: new Set() })
    failures.push(
      `${file}: nothing is written about ${id}. Add { "id": "${id}", "title": …, "supported": one sentence, "where": … } to "specifications" in ${table}`,
    )
  }
  return specifications.get(id)
}

/**
 * Files every rule that the tests of a file name. In the files of `__tests__/rfc` a test without a section is
 * a mistake.
 */
function collect(path, id, isStrict) {
  for (const { line, groups, name, place, text } of testsOf(path, read(path))) {
    const title = /^RFC (\d+)[,:]? (.+)$/.exec(groups[0] ?? '')
    const current = isStrict && title ? `rfc${title[1]}` : id
    const prefix = written.find(one => one.prefix && name.startsWith(`${one.prefix}: `))
    if (place === undefined && prefix === undefined) {
      const isOurs = groups.length > 1 || (groups.length === 1 && !title)
      const isKnown = specifications.get(current)?.further?.includes(name)
      if (isStrict && !isOurs && !isKnown)
        failures.push(
          `${path}:${line} "${name}" names no section. Call it "section X.Y: …"; or, if no specification demands it, put it in a describe of its own or into "further" of ${current} in ${table}`,
        )
      continue
    }
    const of = place?.of
    const target =
      prefix?.id ??
      (of === undefined ? current : of === 'the draft' ? byDescribe(groups[0]) : of.replace('RFC ', 'rfc'))
    if (target === undefined) {
      failures.push(
        `${path}:${line} "${name}": which draft? Add an entry with "describe": "${groups[0]}" to "specifications" in ${table}`,
      )
      continue
    }
    const rule = {
      section: place?.section,
      label: place?.label ?? '',
      isAppendix: place?.isAppendix,
      text: prefix ? text.slice(prefix.prefix.length + 2) : text,
    }
    const owner = specification(target, target === current && title ? title[2] : undefined, `${path}:${line}`)
    const twin = owner.rules.find(one => one.label === rule.label && one.text === rule.text)
    if (twin) failures.push(`${path}:${line} "${name}" is there twice, see ${twin.at}`)
    owner.rules.push({ ...rule, at: `${path}:${line}` })
    owner.files.add(path)
  }
}

for (const file of list(folder).filter(name => name.endsWith('.test.ts'))) {
  const id = file.slice(0, -'.test.ts'.length)
  if (/^rfc\d+$/.test(id)) {
    const isKnown = testsOf(file, read(`${folder}/${file}`)).some(({ groups }) =>
      groups[0]?.startsWith(`RFC ${id.slice(3)} `),
    )
    if (!isKnown)
      failures.push(`${folder}/${file}: no describe begins with "RFC ${id.slice(3)} " and has a test`)
    collect(`${folder}/${file}`, id, true)
  } else failures.push(`${folder}/${file}: the name of a file here is rfcNNNN.test.ts`)
}
for (const { id, rulesIn = [] } of written) for (const path of rulesIn) collect(path, id, false)

/** Order of sections: 2 before 2.1 before 10, appendices last, nothing first. */
function bySection(a, b) {
  const parts = one =>
    (one.section ?? '').split('.').map(part => (/^\d*$/.test(part) ? +part : 1000 + part.charCodeAt(0)))
  const [left, right] = [parts(a), parts(b)]
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const difference = (left[index] ?? -1) - (right[index] ?? -1)
    if (difference !== 0) return difference
  }
  return 0
}

const numberOf = ({ id }) => /^rfc(\d+)$/.exec(id)?.[1]
const linkOf = one => one.url ?? `https://www.rfc-editor.org/rfc/${one.id}`
const nameOf = one => (numberOf(one) ? `RFC ${numberOf(one)}${one.title ? ` ${one.title}` : ''}` : one.title)

/** How GitHub calls a heading in a link. */
const anchorOf = heading =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M}_ -]/gu, '')
    .replaceAll(' ', '-')

function sectionLink(one, { section, label, isAppendix }) {
  if (section === undefined) return ''
  const kind = isAppendix || /^[A-Z]/.test(section) ? 'appendix' : 'section'
  const shown = kind === 'appendix' && !isAppendix ? label : `${isAppendix ? 'appendix ' : ''}${label}`
  return numberOf(one) ? `[${shown}](${linkOf(one)}#${kind}-${section})` : shown
}

/** The folders and files that show it where there is no rule with a section, or beside those. */
const filesOf = ({ tests = [] }) =>
  tests.map(path => `[${path.replace('__tests__/', '').replace('.test.ts', '')}](../${path})`).join(', ')

const shows = one => one.rules.length > 0 || one.tests !== undefined
const without = written.filter(({ id }) => !shows(specifications.get(id))).map(({ id }) => id)
const all = [...specifications.values()]
  .filter(shows)
  .sort((a, b) => (numberOf(a) ?? 1e6) - (numberOf(b) ?? 1e6))
for (const one of all) {
  for (const path of one.tests ?? [])
    if (!existsSync(join(root, path)) || testsIn(path).length === 0)
      failures.push(`${table}: ${one.id} says that its tests are in ${path}, where there are none`)
  for (const member of ['supported', 'where'])
    if (!one[member] && written.some(({ id }) => id === one.id))
      failures.push(`${table}: ${one.id} needs "${member}"`)
  for (const name of one.further ?? [])
    if (!list(folder).some(file => file.endsWith('.ts') && read(`${folder}/${file}`).includes(name)))
      failures.push(`${table}: "further" of ${one.id} names a test that is gone: "${name}"`)
}
for (const { where = '', supported = '' } of written)
  for (const [, file, anchor] of `${where} ${supported}`.matchAll(/\]\(([^:)#]+\.md)(?:#([^)]+))?\)/g)) {
    const path = join('docs', file)
    const headings = existsSync(join(root, path)) ? [...read(path).matchAll(/^#+ (.+)$/gm)] : undefined
    if (headings === undefined || (anchor && !headings.some(([, heading]) => anchorOf(heading) === anchor)))
      failures.push(`${table}: ${path}${headings ? ` has no heading #${anchor}` : ' does not exist'}`)
  }

/** The rows of one specification, by section. */
function rowsOf(one) {
  return one.rules
    .map((rule, index) => ({ rule, index }))
    .sort((a, b) => bySection(a.rule, b.rule) || a.index - b.index)
    .map(({ rule }) => `| ${sectionLink(one, rule)} | ${rule.text} |`)
}

const overview = all.map(one => {
  const rows = rowsOf(one).length
  const tests = [rows > 0 ? `[${rows}](#${anchorOf(nameOf(one))})` : '', filesOf(one)]
    .filter(Boolean)
    .join(', ')
  return `| [${nameOf(one)}](${linkOf(one)}) | ${one.supported ?? ''} | ${tests} | ${one.where ?? ''} |`
})

const text = `# Standards

Which specifications this package keeps, as a client, and how that is known. Written by \`npm run standards\` from the names of the tests
and from \`tools/standards.json\`: change those, not this page.

A rule is listed when a test is named after its section and fails where the rule is not kept. In specifications without a number, the
tests are in the folders that are named. \`npm run test:musts\` switches off each refusal of the sources, and a test has to notice it.

A test shows what it does, and no more: a section that is not listed is either not the client's business or not tested by its name. [Applications in a browser](browser-applications.md) holds RFC 10017 and OAuth 2.1 against what is the default here.

## Supported

| Specification | What of it | Rules tested | Read on |
|---|---|---|---|
${overview.join('\n')}

## Not supported

| Specification | Why |
|---|---|
${unsupported.map(({ title, url, why }) => `| ${url ? `[${title}](${url})` : title} | ${why} |`).join('\n')}

## Rule by rule

${all
  .filter(one => rowsOf(one).length > 0)
  .map(one => `### ${nameOf(one)}\n\n| Section | Rule |\n|---|---|\n${rowsOf(one).join('\n')}\n`)
  .join('\n')}`

const rules = all.reduce((sum, one) => sum + rowsOf(one).length, 0)
if (without.length > 0)
  console.log(`standards: no test names a section of ${without.join(', ')}, so it is not listed`)
if (failures.length > 0) {
  console.error(`standards:\n${failures.map(failure => `  ${failure}`).join('\n')}`)
  process.exitCode = 1
} else if (existsSync(join(root, page)) && read(page) === text) {
  console.log(`standards: ${rules} rules of ${all.length} specifications, ${page} agrees`)
} else if (process.argv.includes('--check')) {
  console.error(`standards: ${page} is not what the tests say. Run: npm run standards`)
  process.exitCode = 1
} else {
  writeFileSync(join(root, page), text)
  console.log(`standards: wrote ${rules} rules of ${all.length} specifications to ${page}`)
}
