import { Readable } from 'node:stream'
import { inspect } from 'node:util'
import { axiosVersions, type Loaded, loadWith } from '../support/axios-versions.js'
import { renewing } from './schemes.js'
import { listen, type TestServer } from './server.js'

/** Copies what a deep clone copies: own enumerable members, symbols included, of every object it reaches. */
function deepCopy(value: unknown, seen = new Map<unknown, unknown>()): unknown {
  if (Object(value) !== value || typeof value === 'function') return value
  if (seen.has(value)) return seen.get(value)
  if (ArrayBuffer.isView(value)) return Buffer.from(value.buffer).toString('latin1')
  const copy: Record<PropertyKey, unknown> = Object.create(Object.getPrototypeOf(value))
  seen.set(value, copy)
  const own = value as Record<PropertyKey, unknown>
  for (const key of Reflect.ownKeys(own)) {
    if (!Object.prototype.propertyIsEnumerable.call(own, key)) continue
    Object.defineProperty(copy, key, {
      value: deepCopy(own[key], seen),
      enumerable: true,
      configurable: true,
    })
  }
  return copy
}

/** Every text that a copy holds, whatever its members are called. */
function texts(value: unknown, found: string[] = [], seen = new Set<unknown>()): string[] {
  if (typeof value === 'string') found.push(value)
  if (Object(value) !== value || seen.has(value)) return found
  seen.add(value)
  for (const key of Reflect.ownKeys(value as object)) {
    const property = Object.getOwnPropertyDescriptor(value as object, key)
    if (property && 'value' in property) texts(property.value, found, seen)
  }
  return found
}

const holds = (value: unknown) =>
  texts(deepCopy(value)).some(text => text.includes('CANARY')) ||
  inspect(value, { depth: 12 }).includes('CANARY')

describe.each(axiosVersions)('what the application holds, on axios $name', ({ module, has }) => {
  let loaded: Loaded
  let server: TestServer

  beforeEach(async () => {
    loaded = loadWith(module)
    server = await listen(({ url }) => ({ status: url === '/refused' ? 403 : 200 }))
  })
  afterEach(() => server.close())

  const adapters = has.fetch ? ['http', 'fetch'] : ['http']
  describe.each(adapters)('over %s', adapter => {
    const attached = () => {
      const instance = loaded.axios.create({ baseURL: server.origin, ...(has.namedAdapters && { adapter }) })
      loaded.attach(instance, renewing('CANARY'))
      return instance
    }

    it('a deep copy of a response or an error shows no credential', async () => {
      const instance = attached()
      const response = await instance.get('/good')
      const refused = await instance.get('/refused').catch((error: unknown) => error)
      expect(server.authorizations()).toEqual(['Bearer CANARY', 'Bearer CANARY'])
      expect(holds(response)).toBe(false)
      expect(holds(refused)).toBe(false)
      await server.close()
      const nobody = await instance.get('/good').catch((error: unknown) => error)
      expect(holds(nobody)).toBe(false)
      server = await listen(() => ({}))
    })

    it('the request stays where it was for those who ask for it', async () => {
      const response = await attached().get('/good')
      expect(response.request).toBeDefined()
      expect(Object.keys(response)).not.toContain('request')
      if (adapter === 'http') expect(response.request.path).toBe('/good')
    })

    if (adapter === 'http')
      it('a stream that was sent does not lead to the request', async () => {
        const data = Readable.from([Buffer.from('part')])
        const headers = { 'Content-Type': 'application/octet-stream' }
        const refused = await attached()
          .post('/refused', data, { headers })
          .catch((error: unknown) => error)
        expect(server.seen[0]?.body).toBe('part')
        expect(holds(refused)).toBe(false)
        expect(holds(data)).toBe(false)
      })
  })
})
