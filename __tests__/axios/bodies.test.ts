import { Readable } from 'node:stream'
import type { AxiosInstance } from 'axios'
import FormDataPackage from 'form-data'
import { axiosVersions, type Loaded, loadWith } from '../support/axios-versions.js'
import { inBody, renewing } from './schemes.js'
import { listen, type TestServer } from './server.js'

const MULTIPART = /name="a"[^-]+\r\nb\r\n/

describe.each(axiosVersions)('bodies on axios $name', ({ module, has }) => {
  let loaded: Loaded
  let server: TestServer
  let api: AxiosInstance
  let scheme: ReturnType<typeof renewing>

  beforeEach(async () => {
    loaded = loadWith(module)
    server = await listen(({ headers }) => ({ status: headers.authorization === 'Bearer new1' ? 200 : 401 }))
    api = loaded.axios.create({ baseURL: server.origin, timeout: 5000 })
    scheme = renewing('old')
    loaded.attach(api, scheme)
  })
  afterEach(() => server.close())

  const bytes = () => new Uint8Array([104, 105])
  const twice: [string, () => unknown, string | RegExp][] = [
    ['an object', () => ({ a: 1 }), '{"a":1}'],
    ['a string', () => 'a=1', 'a=1'],
    ['URLSearchParams', () => new URLSearchParams('a=1&b=2'), 'a=1&b=2'],
    ['a Buffer', () => Buffer.from('hi'), 'hi'],
    ['an ArrayBuffer', () => bytes().buffer, 'hi'],
    ['a typed array', bytes, 'hi'],
    ['nothing', () => undefined, ''],
  ]
  const nativeForm = () => {
    const form = new FormData()
    form.append('a', 'b')
    return form
  }
  if (has.fetch) {
    twice.push(['a Blob', () => new Blob(['hi']), 'hi'], ['a native FormData', nativeForm, MULTIPART])
  }

  it.each(twice)('sends %s twice', async (_, make, expected) => {
    expect((await api.post('/x', make())).status).toBe(200)
    const bodies = server.seen.map(({ body }) => body)
    expect(bodies).toEqual([expect.anything(), expect.anything()])
    for (const body of bodies) {
      if (typeof expected === 'string') expect(body).toBe(expected)
      else expect(body).toMatch(expected)
    }
    expect(server.seen[1]?.headers['content-length']).toBe(server.seen[0]?.headers['content-length'])
  })

  const form = (...parts: unknown[]) => {
    const data = new FormDataPackage()
    data.append('a', 'b')
    for (const part of parts) data.append('part', part, { filename: 'part.bin', knownLength: 4 })
    return data
  }

  it.each([
    ['text', []],
    ['bytes', [Buffer.from([0, 255, 13, 10])]],
  ])('sends a form-data object of %s twice, byte for byte', async (_, parts) => {
    const data = form(...parts)
    expect((await api.post('/x', data, { headers: data.getHeaders() })).status).toBe(200)
    expect(server.seen).toHaveLength(2)
    expect(server.seen[0]?.body).toMatch(MULTIPART)
    expect(server.seen[1]?.body).toBe(server.seen[0]?.body)
    expect(server.seen[1]?.headers['content-type']).toBe(server.seen[0]?.headers['content-type'])
  })

  const once: [string, () => unknown, string | RegExp][] = [
    ['a Node stream', () => Readable.from([Buffer.from('once')]), 'once'],
    ['a form-data object with a stream', () => form(Readable.from([Buffer.from('once')])), MULTIPART],
  ]
  it.each(once)(
    'sends %s once: the token is renewed, the caller gets the first 401 with the reason',
    async (_, make, expected) => {
      const data = make() as FormDataPackage
      const headers = data.getHeaders?.() ?? { 'Content-Type': 'application/octet-stream' }
      const error = await api.post('/x', data, { headers }).catch(error => error)
      expect(error).toMatchObject({ response: { status: 401 }, cause: { code: 'OAUTH_NOT_REPLAYABLE' } })
      expect(scheme.token).toBe('new1')
      expect(server.seen).toHaveLength(1)
      expect(server.seen[0]?.body).toMatch(expected)
      await api.post('/x', make(), { headers })
      expect(server.seen).toHaveLength(2)
      expect(server.seen[1]?.body).toMatch(expected)
    },
  )

  if (has.fetch)
    it('sends a web stream once over fetch', async () => {
      const data = new Blob(['once']).stream()
      const options = { adapter: 'fetch' as const, headers: { 'Content-Type': 'application/octet-stream' } }
      const error = await api.post('/x', data, options).catch(error => error)
      expect(error).toMatchObject({ response: { status: 401 }, cause: { code: 'OAUTH_NOT_REPLAYABLE' } })
      expect(server.seen.map(({ body }) => body)).toEqual(['once'])
    })

  it('ends the refused stream and hands out the second', async () => {
    const refused: Readable[] = []
    api.interceptors.response.use(response => response)
    const adapter = api.defaults.adapter
    expect(adapter).toBeDefined()
    scheme.renew = async () => {
      refused.push(scheme.told.at(-1)?.data as Readable)
      return 'new1'
    }
    const response = await api.get('/x', { responseType: 'stream' })
    expect(refused[0]?.destroyed).toBe(true)
    const chunks: Buffer[] = []
    for await (const chunk of response.data) chunks.push(chunk)
    expect(Buffer.concat(chunks).toString()).toBe('{}')
  })

  it('leaves the refused stream readable where it is what the caller gets', async () => {
    scheme.renew = async () => {
      throw new Error('no')
    }
    const error = await api.get('/x', { responseType: 'stream' }).catch(error => error)
    const chunks: Buffer[] = []
    for await (const chunk of error.response.data) chunks.push(chunk)
    expect(Buffer.concat(chunks).toString()).toBe('{}')
  })

  it('answers arraybuffer as arraybuffer', async () => {
    const { data } = await api.get('/x', { responseType: 'arraybuffer' })
    expect(Buffer.from(data).toString()).toBe('{}')
  })

  it('writes a credential into a form body with the right length', async () => {
    const other = loaded.axios.create({ baseURL: server.origin })
    const form = inBody('t')
    loaded.attach(other, form)
    const error = await other.post('/x', 'a=1', { headers: { 'Content-Length': '3' } }).catch(error => error)
    expect(server.seen.map(({ body }) => body)).toEqual(['a=1&access_token=t', 'a=1&access_token=new1'])
    expect(server.seen[0]?.headers['content-length']).toBe('18')
    expect(error.config.data).toBe('a=1')
  })
})
