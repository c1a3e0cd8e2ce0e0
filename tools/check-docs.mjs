/**
 * An example that does not compile is worse than none. Every `ts` and `tsx` block of README.md and docs/ and
 * every `@example` of a docstring is a module of its own and is compiled by TypeScript against the sources;
 * every `js` block must parse; every relative link must lead somewhere. There is no way to exempt a block. An
 * `@example` needs no imports of this package, and may use the names of tools/example-globals.d.ts.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { entries, root } from './entries.mjs'

const folder = join(root, '.tools/docs')
const failures = []
const counts = { ts: 0, tsx: 0, js: 0 }
rmSync(folder, { recursive: true, force: true })

/** Writes a block to a file of its own, on the line that it has in the page, so that messages point there. */
function writeBlock(path, line, language, text) {
  const file = join(folder, `${path}.${line}.${language}`)
  counts[language] += 1
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, `${'\n'.repeat(line)}${text}\nexport {}\n`)
}

function checkPage(path) {
  const page = readFileSync(join(root, path), 'utf8')
  const prose = page.replace(
    /^( *)(`{3,}|~{3,})(.*)\n([\s\S]*?)^ *\2 *$/gm,
    (block, indent, _, info, text, at) => {
      const line = page.slice(0, at).split('\n').length
      const language = info.trim()
      if (language in counts)
        writeBlock(path, line, language, text.replace(new RegExp(`^ {0,${indent.length}}`, 'gm'), ''))
      else if (/^(typescript|javascript|jsx|[mc]ts|[mc]js|tsx?\W|js\W)/i.test(`${language} `))
        failures.push(`${path}:${line} the language is "${language}"; only ts, tsx and js are checked`)
      return block.replace(/[^\n]/g, '')
    },
  )
  const open = prose.search(/^ *(`{3,}|~{3,})/m)
  if (open >= 0) failures.push(`${path}:${prose.slice(0, open).split('\n').length} a block is never closed`)
  for (const [, target] of prose.matchAll(/\]\(([^)#\s]+)(?:#[^)\s]*)?\)/g))
    if (!/^[a-z]+:/.test(target) && !existsSync(join(root, dirname(path), target)))
      failures.push(`${path}: the link ${target} leads nowhere`)
}

const docs = readdirSync(join(root, 'docs'), { recursive: true }).map(path => `docs/${path}`)
const pages = ['README.md', 'llms.txt', 'skills/axios-oauth-interceptor/SKILL.md', ...docs]
for (const path of pages.filter(name => /\.(md|txt)$/.test(name))) checkPage(path)

/** The names that each entry exports, by the record of the public API. */
const record = readFileSync(join(root, 'tools/public.api.md'), 'utf8')
const exported = entries().map(({ name, specifier }) => {
  const entry = new RegExp(`namespace entry_${name.replace(/\W/g, '_')} {\\s*export {([^}]*)}`).exec(record)
  return { name, specifier, names: new Set(entry?.[1].match(/\w+(?=,|\s*$)/g)) }
})

/** The imports that an example leaves out: of the entry that its file belongs to, else of the first. */
function importsOf(path, text) {
  const declared = text.match(/\b(const|let|function|class|import)\b[^=(:]*/g)?.join(' ') ?? ''
  const near = path.split(/[/.]/)
  const nearest = [...exported].sort((one, two) => near.includes(two.name) - near.includes(one.name))
  return [...new Set(text.match(/\b[A-Za-z]\w*\b/g))].map(name => {
    const entry = new RegExp(`\\b${name}\\b`).test(declared)
      ? undefined
      : nearest.find(({ names }) => names.has(name))
    return entry ? `import { ${name} } from '${entry.specifier}'; ` : ''
  })
}

const sources = readdirSync(join(root, 'src'), { recursive: true }).map(path => `src/${path}`)
let examples = 0
for (const path of sources.filter(name => name.endsWith('.ts'))) {
  const source = readFileSync(join(root, path), 'utf8')
  for (const { 0: block, index } of source.matchAll(/^ *\* @example\n(?: *\*(?! @|\/).*\n)+/gm)) {
    const text = block.replace(/^.*\n/, '').replace(/^ *\* ?/gm, '')
    const language = /<\/|\/>/.test(text) ? 'tsx' : 'ts'
    const line = source.slice(0, index).split('\n').length
    writeBlock(path, line, language, `${importsOf(path, text).join('')}${text}`)
    examples += 1
  }
}

const project = {
  extends: '../../tsconfig.json',
  compilerOptions: {
    types: ['node'],
    jsx: 'react-jsx',
    allowJs: true,
    // an example may import a type without saying so, and need not use all it shows
    verbatimModuleSyntax: false,
    noUnusedLocals: false,
    noUnusedParameters: false,
    paths: Object.fromEntries(entries().map(({ specifier, source }) => [specifier, [`../../${source}`]])),
  },
  include: ['.', '../../tools/example-globals.d.ts'],
  exclude: [],
}
writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(project))
const compiler = [join(root, 'node_modules/typescript7/lib/tsc.js'), '-p', folder, '--pretty', 'false']
const { status, stdout } = spawnSync(process.execPath, compiler, { cwd: root, encoding: 'utf8' })
if (status !== 0)
  failures.push(
    stdout.trim().replaceAll(/\.tools\/docs\/(\S+?\.(?:md|txt|ts))\.\d+\.\w+\((\d+),\d+\)/g, '$1:$2'),
  )

if (failures.length > 0) console.error(`docs:\n${failures.join('\n')}`)
else
  console.log(
    `docs: ${counts.ts + counts.tsx} ts blocks compile (${examples} of docstrings), ${counts.js} js blocks parse`,
  )
process.exitCode = failures.length > 0 ? 1 : 0
