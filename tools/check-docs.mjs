/**
 * An example that does not compile is worse than none. Every `ts` and `tsx` block of README.md and docs/ is a
 * module of its own and is compiled by TypeScript against the sources; every `js` block must parse; every
 * relative link must lead somewhere. There is no way to exempt a block.
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
  include: ['.'],
  exclude: [],
}
writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(project))
const compiler = [join(root, 'node_modules/typescript7/lib/tsc.js'), '-p', folder, '--pretty', 'false']
const { status, stdout } = spawnSync(process.execPath, compiler, { cwd: root, encoding: 'utf8' })
if (status !== 0)
  failures.push(
    stdout.trim().replaceAll(/\.tools\/docs\/(\S+?\.(?:md|txt))\.\d+\.\w+\((\d+),\d+\)/g, '$1:$2'),
  )

if (failures.length > 0) console.error(`docs:\n${failures.join('\n')}`)
else console.log(`docs: ${counts.ts + counts.tsx} ts blocks compile, ${counts.js} js blocks parse`)
process.exitCode = failures.length > 0 ? 1 : 0
