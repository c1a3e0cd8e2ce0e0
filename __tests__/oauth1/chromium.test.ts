/**
 * The same random requests out of a real Chromium, by XMLHttpRequest and by fetch, verified from what
 * arrived.
 */
import { generateKeyPairSync } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { chromium } from 'playwright-core'
import { json, listen, type RunningServer, readBody } from '../servers/http'
import { optional } from '../support/optional'
import { verify } from './verifier'

const PATH = '/usr/bin/chromium'
const RUNS = Number(process.env.FUZZ_RUNS ?? 300)

const keys = generateKeyPairSync('rsa', { modulusLength: 1024 })
const secrets = {
  client: { key: 'a key/with &=% things', secret: 'sécret & more' },
  token: { oauth_token: 'tök+en%20', oauth_token_secret: '~s e c r e t~' },
  pem: keys.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
}

optional(
  'chromium',
  existsSync(PATH),
  'apt-get install chromium',
)('OAuth 1.0a in Chromium', () => {
  let site: RunningServer
  let browser: Awaited<ReturnType<typeof chromium.launch>>
  let run: (library: string, adapter: string, seed: number) => Promise<string>

  beforeAll(async () => {
    const { outputFiles } = await build({
      entryPoints: [join(__dirname, 'page.ts')],
      bundle: true,
      write: false,
      platform: 'browser',
      format: 'iife',
      target: 'es2022',
      logLevel: 'silent',
    })
    const seen = new Set<string>()
    site = await listen(async (request, response) => {
      if (request.url === '/page')
        return void response.setHeader('content-type', 'text/html').end('<script src="/page.js"></script>')
      if (request.url === '/page.js')
        return void response.setHeader('content-type', 'text/javascript').end(outputFiles[0]?.text)
      const body = await readBody(request)
      const { client, token } = secrets
      const { faults, place } = verify(
        request,
        body,
        { client: client.secret, token: token.oauth_token_secret, publicKey: keys.publicKey },
        seen,
      )
      json(response, 200, { faults, place })
    })
    browser = await chromium.launch({
      executablePath: PATH,
      headless: true,
      args: ['--no-sandbox', '--disable-gpu'],
    })
    const page = await browser.newPage()
    await page.goto(`${site.url}/page`)
    run = (...args) => page.evaluate(`fuzz(...${JSON.stringify([...args, RUNS, secrets])})`)
  }, 60_000)
  afterAll(async () => {
    await browser?.close()
    await site?.stop()
  })

  test.each([
    ['newest', 'xhr'],
    ['newest', 'fetch'],
    ['1.7.9', 'xhr'],
    ['1.7.9', 'fetch'],
  ])(
    `axios %s, %s: ${RUNS} random requests`,
    async (library, adapter) => {
      const seed = Math.floor(Math.random() * 2 ** 31)
      expect(`${seed}: ${await run(library, adapter, seed)}`).toBe(`${seed}: ${RUNS}`)
    },
    120_000,
  )
})
