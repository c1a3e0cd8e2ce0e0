/**
 * The walk of one request: `node bench/pictures/walk.mjs` sends `api.get()` whose answer is a 401, has the
 * token renewed and the request sent again, and prints which functions of src/ were entered, by file. A
 * newcomer follows them; the fewer the better.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { Session } from 'node:inspector/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { root } from '../../tools/entries.mjs'

const scratch = mkdtempSync(join(tmpdir(), 'walk-'))
const file = join(scratch, 'walk.mjs')

/**
 * One request with a refused token; the two servers are adapters, so that nothing but the package and axios
 * runs.
 */
const program = `
import axios from 'axios'
import { attachOAuth2, createOAuth2Session, saveToken } from '${join(root, 'src/index.ts')}'
const answer = (config, status, data) => ({ config, status, data, statusText: '', headers: { 'content-type': 'application/json' } })
const http = axios.create({
  adapter: async config => answer(config, 200, '{"access_token":"new","token_type":"bearer","refresh_token":"r2","expires_in":3600}'),
})
const api = axios.create({
  baseURL: 'https://api.example.com',
  adapter: async config => answer(config, config.headers.Authorization === 'Bearer new' ? 200 : 401, '{}'),
})
const session = createOAuth2Session({ server: { token_endpoint: 'https://as.example.com/token' }, client: { client_id: 'app' }, http })
await saveToken(session, { access_token: 'old', refresh_token: 'r1', token_type: 'bearer' })
attachOAuth2(api, session)
export const walk = () => api.get('/me')
`

await build({
  stdin: { contents: program, resolveDir: root },
  bundle: true,
  format: 'esm',
  platform: 'node',
  external: ['axios', 'axios-retry'],
  outfile: file,
  logLevel: 'silent',
})
// the bundle stands elsewhere, its packages where the project has them
const entries = { axios: 'axios/index.js', 'axios-retry': 'axios-retry/dist/esm/index.js' }
const bundled = readFileSync(file, 'utf8').replace(/from "(axios|axios-retry)"/g, (_, name) => {
  return `from ${JSON.stringify(pathToFileURL(join(root, 'node_modules', entries[name])).href)}`
})
writeFileSync(file, bundled)

/** Where each source file begins in the bundle. */
const files = [...bundled.matchAll(/^\/\/ (?:.*\/)?(src\/\S+)$/gm)].map(({ index, 1: name }) => ({
  index,
  name,
}))
const fileAt = offset => files.findLast(({ index }) => index <= offset)?.name

const address = pathToFileURL(file).href
const { walk } = await import(address)
const session = new Session()
session.connect()
await session.post('Profiler.enable')
await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false })
const { status } = await walk()
const { result } = await session.post('Profiler.takePreciseCoverage')
session.disconnect()
rmSync(scratch, { recursive: true })

const entered = new Map()
for (const { functionName, ranges } of result.find(({ url }) => url === address)?.functions ?? []) {
  const [{ startOffset, count }] = ranges
  const name = fileAt(startOffset)
  if (count > 0 && name && functionName) entered.set(name, [...(entered.get(name) ?? []), functionName])
}
for (const [name, functions] of [...entered].sort()) console.log(`${name}: ${functions.join(', ')}`)
console.log(`\n${status}: ${[...entered.values()].flat().length} named functions in ${entered.size} files`)
