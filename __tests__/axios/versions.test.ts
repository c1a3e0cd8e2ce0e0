import { axiosVersions, type Loaded, loadWith } from '../support/axios-versions.js'
import { renewing } from './schemes.js'
import { listen, type TestServer } from './server.js'

describe.each(axiosVersions)('what versions of axios do differently, on axios $name', ({ module, has }) => {
  let loaded: Loaded
  let server: TestServer
  const refusals = { left: 0 }

  beforeEach(async () => {
    loaded = loadWith(module)
    refusals.left = 0
    server = await listen(() => ({ status: refusals.left-- > 0 ? 401 : 200 }))
  })
  afterEach(() => server.close())

  const attached = () => {
    const instance = loaded.axios.create({ baseURL: server.origin })
    loaded.attach(instance, renewing('old'))
    return instance
  }

  if (has.axiosError)
    it('an object that axios makes multipart of is sent again with the same bytes', async () => {
      refusals.left = 1
      const headers = { 'Content-Type': 'multipart/form-data' }
      expect((await attached().post('/x', { name: 'Anna', n: 1 }, { headers })).status).toBe(200)
      const [first, second] = server.seen
      expect(first?.headers['content-type']).toMatch(/boundary=/)
      expect(second?.headers['content-type']).toBe(first?.headers['content-type'])
      expect(second?.body).toBe(first?.body)
      expect(second?.headers.authorization).toBe('Bearer new1')
    })

  it('a URL object goes where axios alone sends it, with the credential at home only', async () => {
    const stranger = await listen(() => ({}))
    const attempt = async (origin: string, instance = attached()) => {
      const url = new URL('/x', origin) as unknown as string
      return instance.get(url).then(
        ({ status }) => status,
        () => 'refused',
      )
    }
    const bare = await attempt(server.origin, loaded.axios.create())
    server.seen.length = 0
    const ours = await attempt(server.origin)
    if (bare === 200) expect(ours).toBe(200)
    if (ours === 200) expect(server.authorizations()).toEqual(['Bearer old'])
    await attempt(stranger.origin)
    expect(stranger.authorizations().filter(Boolean)).toEqual([])
    await stranger.close()
  })

  it('a response that an adapter leaves in the cause of its error is healed like any other', async () => {
    let sent = 0
    const adapter = (config: object) => {
      sent += 1
      const status = sent === 1 ? 401 : 200
      const response = { status, statusText: '', headers: {}, data: '{}', config }
      if (status === 200) return Promise.resolve(response)
      const inner = Object.assign(new Error('inner'), { config, response })
      return Promise.reject(Object.assign(new Error('outer'), { config, cause: inner }))
    }
    const instance = loaded.axios.create({ baseURL: server.origin, adapter: adapter as never })
    loaded.attach(instance, renewing('old'))
    expect((await instance.get('/x')).status).toBe(200)
    expect(sent).toBe(2)
  })
})

it('axios 1.0.0 is refused by name when something is attached', () => {
  jest.isolateModules(() => {
    jest.doMock('axios', () => Object.assign(jest.requireActual('axios').create(), { VERSION: '1.0.0' }))
    const { attach } = require('../../src/axios/attach.js') as typeof import('../../src/axios/attach.js')
    const instance = jest.requireActual('axios').create({ baseURL: 'https://api.example.com' })
    expect(() => attach(instance, renewing('old'))).toThrow(/axios 1\.0\.0/)
    jest.dontMock('axios')
  })
})
