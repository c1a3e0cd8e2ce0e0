import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { type Consumer, consumer, legacy, nodes } from './consumer.js'

/** A token endpoint that is unavailable once, and an API that refuses the first token. */
let server: Server
let log: string[]
let url: string
beforeEach(async () => {
  log = []
  server = createServer((request, response) => {
    const { authorization = '' } = request.headers
    log.push(`${request.method} ${request.url} ${authorization}`.trim())
    const answer = (status: number, body: object): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    }
    if (request.url === '/me') return answer(authorization === 'Bearer second' ? 200 : 401, { name: 'Ada' })
    const asked = log.filter(line => line.includes('/token')).length
    if (asked === 1) return answer(503, {})
    return answer(200, {
      access_token: asked === 2 ? 'first' : 'second',
      token_type: 'Bearer',
      expires_in: 3600,
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})

let application: Consumer | undefined
afterEach(async () => {
  application?.remove()
  application = undefined
  server.closeAllConnections()
  await new Promise(resolve => server.close(resolve))
})

const body = `
  const api = axios.create({ baseURL: process.argv[2] })
  const session = createOAuth2Session({
    server: { issuer: process.argv[2], token_endpoint: process.argv[2] + '/token' },
    client: { client_id: 'worker', client_secret: 'secret' },
    grant: clientCredentialsGrant(),
  })
  attachOAuth2(api, session)
  api.get('/me').then(
    ({ data }) => console.log(data.name),
    error => { console.log(error.message, error.cause); process.exitCode = 1 },
  )`
const names = '{ attachOAuth2, clientCredentialsGrant, createOAuth2Session }'
const programs: Record<string, string> = {
  'main.cjs': `const axios = require('axios'); const ${names} = require('axios-oauth-interceptor'); ${body}`,
  'main.mjs': `import axios from 'axios'; import ${names} from 'axios-oauth-interceptor'; ${body}`,
}

/**
 * One token request that a 503 answered and its repetition, one that a 401 asked for, and the two sends of
 * the request.
 */
function expectWork(outcome: { status: number; output: string }): void {
  expect(outcome).toEqual({ status: 0, output: 'Ada\n' })
  expect(log).toEqual([
    expect.stringMatching(/^POST \/token Basic /),
    expect.stringMatching(/^POST \/token Basic /),
    'GET /me Bearer first',
    expect.stringMatching(/^POST \/token Basic /),
    'GET /me Bearer second',
  ])
}

const cases = Object.keys(nodes).flatMap(version =>
  Object.keys(programs).flatMap(file =>
    ['axios-0-21', 'axios-0-30', 'axios'].map(axios => [version, file, axios] as const),
  ),
)

test.each(cases)('%s runs %s beside %s: fetches, retries, renews', async (version, file, axios) => {
  application = consumer(axios)
  application.write(programs)
  expectWork(await application.run(nodes[version] as string, '--no-warnings', file, url))
})

test.each(['axios-0-27', 'axios-1-7'])('a webpack 4 bundle works with %s inside', async axios => {
  application = consumer(axios)
  application.write({
    'src/main.js': programs['main.mjs'] as string,
    'webpack.cjs': `
      require(${JSON.stringify(join(legacy, 'webpack4'))})({
        mode: 'production', target: 'node', entry: './src/main.js', context: __dirname,
        output: { path: __dirname + '/out', filename: 'bundle.js' },
      }, (error, stats) => {
        const found = error ? [String(error)] : stats.compilation.errors.map(String)
        console.log(found.join('\\n'))
        process.exitCode = found.length ? 1 : 0
      })`,
  })
  const built = await application.run(process.execPath, '--openssl-legacy-provider', 'webpack.cjs')
  expect(built).toEqual({ status: 0, output: '\n' })
  expectWork(await application.run(process.execPath, 'out/bundle.js', url))
})
