import { axiosVersions, loadVersion } from '../scenarios/versions.js'
import { listen } from './server.js'

const proxied = ['HTTP_PROXY', 'http_proxy']
const others = ['NO_PROXY', 'no_proxy', 'ALL_PROXY', 'all_proxy']

describe.each(axiosVersions)('a proxy of the environment, axios $version', version => {
  const before = { ...process.env }
  afterEach(() => {
    for (const name of [...proxied, ...others]) {
      if (before[name] === undefined) delete process.env[name]
      else process.env[name] = before[name]
    }
  })

  test('carries no token and no client secret in the clear away from this machine', async () => {
    const proxy = await listen(() => ({ body: '{}' }))
    const server = await listen(({ url }) => ({
      body: url === '/token' ? '{"access_token":"t","token_type":"bearer"}' : '{"api":true}',
    }))
    for (const name of proxied) process.env[name] = proxy.origin
    for (const name of others) delete process.env[name]
    const { axios, oauth } = loadVersion(version)
    const session = oauth.createOAuth2Session({
      server: { token_endpoint: `${server.origin}/token` },
      client: { client_id: 'app', client_secret: 'secret' },
      grant: oauth.clientCredentialsGrant(),
    })
    const api = axios.create({ baseURL: server.origin })
    oauth.attachOAuth2(api, session)
    expect((await api.get('/x')).data).toEqual({ api: true })
    expect((await api.get(`${server.origin}/y`)).data).toEqual({ api: true })
    expect(server.seen.map(({ url }) => url)).toEqual(['/token', '/x', '/y'])
    expect(proxy.seen).toEqual([])
    // what the application names itself is its own
    const { port } = proxy
    await api.get('/z', { proxy: { host: '127.0.0.1', port } })
    expect(proxy.seen).toHaveLength(1)
    await proxy.close()
    await server.close()
  })
})
