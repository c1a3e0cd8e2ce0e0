/**
 * Imports run one way, so that a reader can start anywhere and go down, and a bundle carries no more than it
 * uses. The table says which rooms of src/ a room may import values from; types may come from anywhere. Files
 * directly in src/ are entry points and put the rooms together.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { root } from './entries.mjs'

const rooms = {
  lib: [],
  crypto: ['lib'],
  'signature-methods': ['crypto', 'lib'],
  auth: ['lib'],
  axios: ['oauth1', 'oauth2', 'session', 'auth', 'lib'],
  server: ['auth', 'crypto', 'lib', 'token-types', 'session'],
  authorization: ['server', 'crypto', 'lib', 'session', 'oauth2'],
  grants: ['authorization', 'server', 'crypto', 'lib', 'session'],
  'token-types': ['server', 'crypto', 'lib', 'session'],
  session: ['grants', 'authorization', 'server', 'token-types', 'crypto', 'lib', 'stores', 'locks', 'auth'],
  // OAuth 1.0a keeps its credentials in the same kind of session and asks over the same kind of transport
  oauth1: [
    'signature-methods',
    'session',
    'server',
    'authorization',
    'auth',
    'crypto',
    'lib',
    'stores',
    'locks',
  ],
  oauth2: ['session', 'grants', 'authorization', 'server', 'token-types', 'auth', 'crypto', 'lib'],
  oidc: ['oauth2', 'session', 'authorization', 'server', 'auth', 'crypto', 'lib'],
  fapi: ['oidc', 'authorization', 'server', 'token-types', 'crypto'],
  'sign-in': ['authorization', 'grants', 'oidc', 'oauth1', 'session', 'lib'],
  registry: ['axios', 'grants', 'server', 'stores', 'auth', 'lib'],
  connect: ['axios', 'oauth2', 'session', 'server', 'lib'],
  routes: ['registry', 'sign-in', 'oidc', 'oauth1', 'session', 'crypto', 'lib'],
  locks: ['crypto', 'lib'],
  stores: ['locks', 'crypto', 'lib'],
  // a provider names the parts that its quirks need: discovery, a signed secret, a bearer token in the query
  providers: ['grants', 'server', 'token-types', 'signature-methods', 'crypto', 'lib'],
  workload: ['grants', 'authorization', 'server', 'auth', 'lib'],
  cli: ['grants', 'authorization', 'server', 'session', 'auth', 'lib'],
  observe: ['session', 'lib'],
  bindings: ['observe', 'session', 'lib'],
  inspector: ['oauth1', 'session', 'lib'],
  otel: ['lib'],
  bridges: ['oauth2', 'session', 'auth', 'lib'],
  // a kit for tests stands above everything that it imitates
  testing: ['axios', 'crypto', 'oidc', 'oauth2', 'oauth1', 'session', 'auth', 'lib', 'stores', 'locks'],
}
/** Imported by everybody. */
const everywhere = ['src/errors.ts']

const src = join(root, 'src')
const files = readdirSync(src, { recursive: true }).filter(path => path.endsWith('.ts'))
const failures = []
for (const file of files.filter(path => path.includes(sep))) {
  const room = file.split(sep)[0]
  if (!(room in rooms)) {
    failures.push(`src/${room}: this room is not in the table of tools/check-layers.mjs`)
    continue
  }
  const text = readFileSync(join(src, file), 'utf8')
  for (const [, names = '', target] of text.matchAll(
    /^(?:import|export)\s+((?!type\b)[^'";]*?from\s+)?['"](\.[^'"]+)['"]/gm,
  )) {
    const isTypesOnly =
      /^\{/.test(names) &&
      !names
        .replace(/[{}]|from/g, '')
        .split(',')
        .some(name => name.trim() && !/^\s*type\s/.test(name))
    if (isTypesOnly) continue
    const path = relative(root, join(src, dirname(file), target))
      .replace(/\.js$/, '.ts')
      .split(sep)
      .join('/')
    const other = path.split('/')[1]
    if (everywhere.includes(path) || other === room || rooms[room].includes(other)) continue
    failures.push(`src/${file} imports from ${path}`)
  }
}
if (failures.length > 0) {
  console.error(
    `layers: imports that go the wrong way:\n${[...new Set(failures)].map(failure => `  ${failure}`).join('\n')}`,
  )
  process.exitCode = 1
} else {
  console.log(`layers: ${files.length} files import one way`)
}
