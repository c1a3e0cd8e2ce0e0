/**
 * An example that does not compile is worse than none. Every `ts` and `tsx` block of README.md and docs/ is a
 * module of its own and is compiled by TypeScript against the sources; every `js` block must parse; every
 * relative link must lead somewhere. There is no way to exempt a block.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { transformSync } from 'esbuild'
import ts from 'typescript'
import { entries, root } from './entries.mjs'

const failures = []
const folder = join(root, '.tools/docs')

/** The Markdown files a user reads. */
function markdownFiles() {
  const docs = existsSync(join(root, 'docs')) ? readdirSync(join(root, 'docs'), { recursive: true }) : []
  return [
    'README.md',
    'llms.txt',
    'skills/axios-oauth-interceptor/SKILL.md',
    ...docs.map(path => join('docs', path)),
  ]
    .filter(path => /\.(md|txt)$/.test(path) && existsSync(join(root, path)))
    .sort()
}

/** The fenced blocks of a file: language, first line's number, text without the indent of a list item. */
function blocks(path) {
  const found = []
  let open
  readFileSync(join(root, path), 'utf8')
    .split('\n')
    .forEach((text, index) => {
      const fence = /^(\s*)(`{3,}|~{3,})\s*(.*?)\s*$/.exec(text)
      if (open === undefined) {
        if (fence)
          open = {
            path,
            indent: fence[1].length,
            mark: fence[2],
            language: fence[3],
            line: index + 2,
            lines: [],
          }
      } else if (fence?.[3] === '' && fence[2].startsWith(open.mark)) {
        found.push(open)
        open = undefined
      } else {
        open.lines.push(text.slice(Math.min(open.indent, text.length - text.trimStart().length)))
      }
    })
  if (open !== undefined) failures.push(`${path}:${open.line - 1} a block is never closed`)
  return found
}

function checkLinks(path) {
  const text = readFileSync(join(root, path), 'utf8').replace(/^(\s*)(`{3,})[\s\S]*?^\1\2\s*$/gm, '')
  for (const [, target] of text.matchAll(/\]\(([^)#\s]+)(?:#[^)\s]*)?\)/g)) {
    if (/^[a-z]+:/.test(target)) continue
    if (!existsSync(join(root, dirname(path), target)))
      failures.push(`${path}: the link ${target} leads nowhere`)
  }
}

function checkSyntax({ path, line, lines }) {
  try {
    transformSync(lines.join('\n'), { loader: 'js', format: 'esm', target: 'esnext' })
  } catch (error) {
    for (const { text, location } of error.errors)
      failures.push(`${path}:${line + location.line - 1} ${text}`)
  }
}

function checkTypes(list) {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const byFile = new Map()
  for (const block of list) {
    const file = join(folder, `${block.path.replace(/[^a-z0-9]+/gi, '-')}-${block.line}.${block.language}`)
    writeFileSync(file, `${block.lines.join('\n')}\nexport {}\n`)
    byFile.set(file, block)
  }
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root)
  const program = ts.createProgram([...byFile.keys()], {
    ...options,
    types: ['node'],
    jsx: ts.JsxEmit.ReactJSX,
    // a reader's example may import a type without saying so, and need not use all it shows
    verbatimModuleSyntax: false,
    noUnusedLocals: false,
    noUnusedParameters: false,
    paths: Object.fromEntries(entries().map(({ specifier, source }) => [specifier, [join(root, source)]])),
  })
  for (const [file, { path, line }] of byFile) {
    const source = program.getSourceFile(file)
    for (const { start = 0, messageText } of [
      ...program.getSyntacticDiagnostics(source),
      ...program.getSemanticDiagnostics(source),
    ]) {
      const at = source.getLineAndCharacterOfPosition(start).line
      failures.push(`${path}:${line + at} ${ts.flattenDiagnosticMessageText(messageText, '\n    ')}`)
    }
  }
}

const files = markdownFiles()
const all = files.flatMap(blocks)
for (const { path, line, language } of all) {
  const word = language.split(/[\s{]/)[0]
  if (
    /^(typescript|javascript|jsx|mts|cts|mjs|cjs)$/i.test(word) ||
    (/^(tsx?|js)$/i.test(word) && !/^(tsx?|js)$/.test(language))
  ) {
    failures.push(
      `${path}:${line - 1} the language is "${language}"; only ts, tsx and js are checked, so only these are allowed`,
    )
  }
}
const typescript = all.filter(({ language }) => /^tsx?$/.test(language))
const javascript = all.filter(({ language }) => language === 'js')
files.forEach(checkLinks)
javascript.forEach(checkSyntax)
checkTypes(typescript)

if (failures.length > 0) {
  console.error(`docs:\n${failures.map(failure => `  ${failure}`).join('\n')}`)
  process.exitCode = 1
} else {
  console.log(
    `docs: ${typescript.length} ts blocks compile, ${javascript.length} js blocks parse, in ${files.length} files`,
  )
}
if (!relative(root, folder).startsWith('..')) rmSync(folder, { recursive: true, force: true })
