/**
 * Words that have no business where they stand. Most are promises of the package (isomorphic core, no
 * logging, one room that knows axios), which a linter's general rules cannot know; the rest would tie the
 * repository to somebody's machine.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './entries.mjs'

/** Sources that run in Node only. */
const nodeOnly =
  /^src\/(stores|locks)\/file[^/]*\.ts$|^src\/(routes|stores|locks)\/node(\/|\.ts$)|^src\/cli\//
const code = /^(src|__tests__|bench|examples|tools)\/.*\.(ts|mjs)$/

const rules = [
  { pattern: /@ts-(ignore|nocheck)/, files: code, why: 'say what the type is' },
  { pattern: /@ts-expect-error/, files: /^src\//, why: 'say what the type is' },
  { pattern: /(:|\bas|<)\s*any\b/, files: /^src\//, why: 'unknown says the same and is checked' },
  { pattern: /\bconsole\./, files: /^src\//, why: 'a library does not log' },
  { pattern: /\b(TODO|FIXME|XXX)\b/, files: code, why: 'do it or write it down where it is planned' },
  { pattern: /\bimport\.meta\b/, files: /^src\//, why: 'CommonJS has none' },
  {
    pattern: /from ['"]node:|require\(['"]node:/,
    files: /^src\//,
    except: nodeOnly,
    why: 'the core runs in browsers',
  },
  {
    pattern: /\bBuffer\.|\bprocess\.(env|nextTick|on|version|platform|cwd|exit)\b/,
    files: /^src\//,
    except: nodeOnly,
    why: 'the core runs in browsers',
  },
  {
    pattern: /from ['"]axios(-retry)?['"]/,
    files: /^src\//,
    except: /^src\/axios\//,
    why: 'only src/axios knows axios',
  },
  {
    pattern: /\.at\(|\.findLast\(|Object\.groupBy|structuredClone|Promise\.withResolvers/,
    files: /^src\//,
    why: 'not in every runtime that axios runs in',
  },
  { pattern: /\b(test|it|describe)\.only\(/, files: /^__tests__\//, why: 'the others would not run' },
  {
    pattern: /\/(work|root|home\/[a-z]+)\//,
    files: /./,
    except: /^tools\/check-words\.mjs$/,
    why: 'a path of one machine',
  },
  { pattern: /"resolved":/, files: /package-lock\.json$/, why: 'the lock file names no download address' },
]

const tracked = execFileSync('git', ['-c', 'safe.directory=*', 'ls-files'], { cwd: root, encoding: 'utf8' })
  .trim()
  .split('\n')
const failures = []
for (const path of tracked.filter(path => existsSync(join(root, path)))) {
  const applying = rules.filter(
    ({ files, except }) => files.test(path) && !except?.test(path) && path !== 'tools/check-words.mjs',
  )
  if (applying.length === 0) continue
  readFileSync(join(root, path), 'utf8')
    .split('\n')
    .forEach((text, index) => {
      // what a comment says is not what the program does, but machine paths and plans count there too
      const isComment = /^\s*(\*|\/\/|\/\*)/.test(text)
      for (const { pattern, why, files } of applying) {
        if (isComment && files.source.startsWith('^src')) continue
        if (pattern.test(text)) failures.push(`${path}:${index + 1} ${pattern.exec(text)[0].trim()} (${why})`)
      }
    })
}
if (failures.length > 0) {
  console.error(`words:\n${failures.map(failure => `  ${failure}`).join('\n')}`)
  process.exitCode = 1
} else {
  console.log(`words: ${rules.length} rules, ${tracked.length} files`)
}
