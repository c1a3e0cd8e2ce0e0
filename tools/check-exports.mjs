/**
 * An export that vanishes breaks users, and one that appears by accident must be kept for ever.
 * `exports.json` is the list that was agreed on; this fails when the sources say something else. `--write`
 * agrees (npm run exports): the change then stands in the diff, where a reviewer sees it.
 */
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readJson, root } from './entries.mjs'
import { publicApi } from './public-api.mjs'

const path = 'tools/exports.json'
const names = (list, kind) => list.filter(one => one.kind === kind).map(({ name }) => name)
const now = Object.fromEntries(
  publicApi().map(({ specifier, exports }) => [
    specifier,
    { values: names(exports, 'value'), types: names(exports, 'type') },
  ]),
)

if (process.argv.includes('--write')) {
  writeFileSync(join(root, path), `${JSON.stringify(now, null, 2)}\n`)
  console.log(`export list: wrote ${path}`)
} else {
  const agreed = existsSync(join(root, path)) ? readJson(path) : {}
  const flat = api =>
    new Set(
      Object.entries(api).flatMap(([entry, { values, types }]) => [
        entry,
        ...[...values, ...types].map(name => `${entry} ${name}`),
      ]),
    )
  const [before, after] = [flat(agreed), flat(now)]
  const changes = [
    ...[...before].filter(name => !after.has(name)).map(name => `- ${name}`),
    ...[...after].filter(name => !before.has(name)).map(name => `+ ${name}`),
  ]
  if (changes.length > 0) {
    console.error(
      `export list: not what ${path} says:\n  ${changes.join('\n  ')}\nIf this is meant, run: npm run exports`,
    )
    process.exitCode = 1
  } else {
    console.log(
      `export list: ${after.size - Object.keys(now).length} names in ${Object.keys(now).length} entries, as agreed`,
    )
  }
}
