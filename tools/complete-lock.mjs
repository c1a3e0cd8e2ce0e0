/**
 * Run it after every change of a lock file: `node tools/complete-lock.mjs [folder]`. Native tools have one
 * optional package per platform, and a registry that lacks those of other platforms leaves them out of the
 * lock file, which `npm ci` then refuses. They are named here as npm itself would name them, only without a
 * checksum.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const path = join(process.argv[2] ?? '.', 'package-lock.json')
const lock = JSON.parse(readFileSync(path, 'utf8'))
const { packages } = lock
const systems = /^(aix|android|darwin|freebsd|linux|netbsd|openbsd|openharmony|sunos|win32)$/
const processors = /^(arm64|arm|x64|ia32|ppc64|s390x|riscv64|loong64|mips64el|wasm32)$/

/** What npm would find in the manifest, read from the package's name. */
function platform(name) {
  const words = name.split(/[-/.]/)
  const libc = words.includes('musl') ? ['musl'] : words.includes('gnu') ? ['glibc'] : undefined
  const os = words.find(word => systems.test(word))
  const cpu = words.find(word => processors.test(word))
  return os && cpu ? { cpu: [cpu], ...(libc && { libc }), os: [os] } : undefined
}

/** True when the lock file knows `name` at `from` or in a folder above. */
function isKnown(from, name) {
  const at = `${from ? `${from}/` : ''}node_modules/${name}`
  return (
    Boolean(packages[at]) ||
    (from !== '' && isKnown(from.slice(0, Math.max(from.lastIndexOf('node_modules/') - 1, 0)), name))
  )
}

let added = 0
for (const [from, { optionalDependencies = {}, dev }] of Object.entries(packages)) {
  for (const [name, version] of Object.entries(optionalDependencies)) {
    const facts = platform(name)
    if (isKnown(from, name) || facts === undefined || !/^\d/.test(version)) continue
    packages[`node_modules/${name}`] = { version, ...(dev && { dev }), optional: true, ...facts }
    added += 1
  }
}
if (added > 0) {
  lock.packages = Object.fromEntries(Object.entries(packages).sort(([a], [b]) => a.localeCompare(b, 'en')))
  writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`)
}
console.log(`${path}: ${added} packages of other platforms added`)
