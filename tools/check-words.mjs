/** Words that no linter's rule finds (biome.json has the others), and comments that are longer than a line. */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { root } from './entries.mjs'

const code = /\.(tsx?|m?js)$/
const rules = [
  { pattern: /@ts-(ignore|nocheck)/, files: code, why: 'say what the type is' },
  { pattern: /@ts-expect-error/, files: /^src\//, why: 'say what the type is' },
  { pattern: /\b(TODO|FIXME|XXX)\b/, files: code, why: 'do it or write it down where it is planned' },
  { pattern: /^(?!\s*(\*|\/[/*])).*\bimport\.meta\b/, files: /^src\//, why: 'CommonJS has none' },
  {
    pattern: /^(?!\s*(\*|\/[/*])).*(\.at\(|\.findLast\(|Object\.groupBy|Promise\.withResolvers)/,
    files: /^src\//,
    why: 'not in every runtime that axios runs in',
  },
  { pattern: /\/(work|root|home\/[a-z]+)\//, files: /./, why: 'a path of one machine' },
  { pattern: /"resolved":/, files: /package-lock\.json$/, why: 'the lock file names no download address' },
  // the formatter breaks code and nothing can break a URL
  {
    pattern: /^(?=.{111})(?!.*https?:)(\s*\/?\*|(?:[^'"`]|(['"`]).*?\2)*\/\/ )/,
    files: code,
    why: 'a comment of more than 110 characters',
  },
]

const tracked = execFileSync('git', ['-c', 'safe.directory=*', 'ls-files'], { cwd: root, encoding: 'utf8' })
const failures = []
for (const path of tracked.trim().split('\n')) {
  const applying = rules.filter(({ files }) => files.test(path))
  if (path === 'tools/check-words.mjs' || applying.length === 0 || !existsSync(`${root}/${path}`)) continue
  for (const [index, line] of readFileSync(`${root}/${path}`, 'utf8').split('\n').entries())
    for (const { pattern, why } of applying)
      if (pattern.test(line)) failures.push(`${path}:${index + 1} ${line.trim().slice(0, 60)} (${why})`)
}
if (failures.length > 0) console.error(`words:\n  ${failures.join('\n  ')}`)
process.exitCode = failures.length > 0 ? 1 : 0
