import { generateKeyPairSync, verify } from 'node:crypto'
import { clientCredentials } from '../../examples/client-credentials.js'
import { signInOnDevice } from '../../examples/device.js'
import { signInWithPassword } from '../../examples/password.js'
import { serviceAccount } from '../../examples/service-account.js'
import { type AuthorizationServer, startAuthorizationServer } from '../servers/authorization-server.js'
import { json, listen, type RunningServer, readBody } from '../servers/http.js'
import { type ResourceServer, startResourceServer } from '../servers/resource-server.js'

let auth: AuthorizationServer
let api: ResourceServer

beforeEach(async () => {
  auth = await startAuthorizationServer()
  api = await startResourceServer({ accepts: token => auth.isActive(token) })
})
afterEach(() => Promise.all([auth.stop(), api.stop()]))

const app = { client_id: 'app' }
const worker = { client_id: 'worker', client_secret: 'worker-secret' }

test('client credentials', async () => {
  expect(await clientCredentials({ server: auth.metadata, client: worker, api: api.url })).toEqual({
    ok: true,
  })
  expect(auth.counts.grants).toEqual({ client_credentials: 1 })
  expect(auth.requests[0]?.parameters.get('scope')).toBe('read')
})

test('password', async () => {
  const settings = { server: auth.metadata, client: app, api: api.url }
  expect(await signInWithPassword({ username: 'anna', password: 'anna-password' }, settings)).toEqual({
    ok: true,
  })
  expect(auth.counts.grants).toEqual({ password: 1 })
})

test('a wrong password is told, and nothing is asked of the API', async () => {
  const settings = { server: auth.metadata, client: app, api: api.url }
  expect(await signInWithPassword({ username: 'anna', password: 'guess' }, settings)).toMatch(/wrong/)
  expect(auth.counts.token).toBe(1)
  expect(api.counts.requests).toBe(0)
})

describe('with a token endpoint of its own', () => {
  let server: RunningServer
  const requests: URLSearchParams[] = []
  let answer: (parameters: URLSearchParams, path: string) => [status: number, body: unknown]

  beforeEach(async () => {
    requests.length = 0
    server = await listen(
      async (request, response) => {
        const parameters = new URLSearchParams((await readBody(request)).toString())
        requests.push(parameters)
        json(response, ...answer(parameters, request.url ?? ''))
      },
      { port: 0 },
    )
  })
  afterEach(() => server.stop())

  test('service account', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    })
    const account = {
      type: 'service_account',
      client_email: 'robot@project.example.com',
      private_key_id: 'key-1',
      private_key: privateKey,
      token_uri: `${server.url}/token`,
    }
    answer = () => [200, auth.issue({ refresh: false })]
    const options = { account, scope: 'storage', subject: 'anna@example.com', api: api.url }
    expect(await serviceAccount(options)).toEqual({ ok: true })

    expect(requests).toHaveLength(1)
    expect(requests[0]?.get('grant_type')).toBe('urn:ietf:params:oauth:grant-type:jwt-bearer')
    const [header = '', claims = '', signature = ''] = (requests[0]?.get('assertion') ?? '').split('.')
    const read = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString())
    expect(read(header)).toMatchObject({ alg: 'RS256', kid: 'key-1' })
    const signed = Buffer.from(`${header}.${claims}`)
    expect(verify('sha256', signed, publicKey, Buffer.from(signature, 'base64url'))).toBe(true)
    expect(read(claims)).toMatchObject({
      iss: 'robot@project.example.com',
      sub: 'anna@example.com',
      aud: account.token_uri,
      scope: 'storage',
    })
  })

  test('device', async () => {
    // the person agrees before the device asks for the second time
    answer = (parameters, path) =>
      path === '/device'
        ? [
            200,
            {
              device_code: 'secret',
              user_code: 'WDJB-MJHT',
              verification_uri: 'https://example.com/device',
              expires_in: 60,
              interval: 0.01,
            },
          ]
        : requests.filter(one => one.has('device_code')).length === 1
          ? [400, { error: 'authorization_pending' }]
          : parameters.get('device_code') === 'secret'
            ? [200, auth.issue()]
            : [400, { error: 'invalid_grant' }]
    const shown: unknown[] = []
    const data = await signInOnDevice(authorization => void shown.push(authorization), {
      server: {
        token_endpoint: `${server.url}/token`,
        device_authorization_endpoint: `${server.url}/device`,
      },
      client: app,
      api: api.url,
    })
    expect(data).toEqual({ ok: true })
    expect(shown).toEqual([
      {
        user_code: 'WDJB-MJHT',
        verification_uri: 'https://example.com/device',
        expires_in: 60,
        interval: 0.01,
      },
    ])
    expect(requests.map(one => one.get('grant_type'))).toEqual([
      null,
      'urn:ietf:params:oauth:grant-type:device_code',
      'urn:ietf:params:oauth:grant-type:device_code',
    ])
  })
})
