import { Readable } from 'node:stream'
import FormDataPackage from 'form-data'
import { axiosVersions, newest } from './versions.js'
import { failure, reason, startWorld, type World } from './world.js'

const bodies = (world: World) => world.api.requests.map(request => request.body.toString('latin1'))
const types = (world: World) => world.api.requests.map(request => request.headers['content-type'])

describe.each(axiosVersions)('axios $version', version => {
  const modern = version.version.startsWith('1.')
  let world: World
  beforeEach(async () => {
    world = await startWorld(version)
    world.as.revokeAccessTokens()
  })
  afterEach(() => world.stop())

  test('interceptors and transforms run once; the replay has the same bytes', async () => {
    let interceptors = 0
    let transforms = 0
    let answers = 0
    world.http.interceptors.request.use(config => {
      interceptors += 1
      return config
    })
    world.http.interceptors.response.use(response => {
      answers += 1
      return response
    })
    await world.http.post(
      '/x',
      { a: 1 },
      {
        headers: { 'Content-Type': 'application/json' },
        transformRequest: data => {
          transforms += 1
          return JSON.stringify({ wrapped: data })
        },
      },
    )
    expect({ interceptors, transforms, answers }).toEqual({ interceptors: 1, transforms: 1, answers: 1 })
    expect(bodies(world)).toEqual(['{"wrapped":{"a":1}}', '{"wrapped":{"a":1}}'])
  })

  const form = () => {
    const data = new FormData()
    data.append('field', 'väl&ue')
    data.append('file', new Blob(['file body'], { type: 'text/plain' }), 'a.txt')
    return data
  }
  test.each<[string, () => unknown, boolean]>([
    ['an object', () => ({ a: [1, { b: 'ü' }] }), true],
    ['JSON text', () => '{"a":1}', true],
    [
      'URLSearchParams',
      () =>
        new URLSearchParams([
          ['a', '1'],
          ['a', '2 ü'],
        ]),
      true,
    ],
    ['a Buffer', () => Buffer.from([0, 255, 128, 10]), true],
    ['an ArrayBuffer', () => new Uint8Array([0, 255, 128, 10]).buffer, true],
    ['a typed array', () => new Uint8Array([0, 255, 128, 10]), modern || version.version.startsWith('0.30')],
    ['a native FormData', form, version === newest],
    ['a Blob', () => new Blob(['blob body'], { type: 'text/plain' }), version === newest],
  ])('%s arrives the same both times', async (_name, body, supported) => {
    if (!supported) return
    await world.http.post('/x', body())
    expect(world.as.counts.token).toBe(1)
    const [first, second] = bodies(world)
    const [firstType, secondType] = types(world)
    const boundary = (type: string | undefined) => /boundary=(.*)/.exec(type ?? '')?.[1] ?? '\0'
    expect(second?.replaceAll(boundary(secondType), '-')).toBe(first?.replaceAll(boundary(firstType), '-'))
    expect(secondType?.replace(boundary(secondType), '-')).toBe(firstType?.replace(boundary(firstType), '-'))
    expect(first?.length).toBeGreaterThan(0)
  })

  const spentBodies: Array<[string, () => { body: unknown; headers: Record<string, string> }]> = [
    [
      'a Node stream',
      () => ({ body: Readable.from([Buffer.from('stream '), Buffer.from('body')]), headers: {} }),
    ],
    [
      'a form-data package body with a stream in it',
      () => {
        const data = new FormDataPackage()
        data.append('field', Readable.from([Buffer.from('value')]), { filename: 'a.txt', knownLength: 5 })
        return { body: data, headers: data.getHeaders() }
      },
    ],
  ]
  test.each(spentBodies)(
    '%s is not sent twice: the caller gets the 401 with the reason, the token is renewed',
    async (_name, make) => {
      const { body, headers } = make()
      const error = await failure(world.http.post('/x', body, { headers, timeout: 5000 }))
      expect((error.response as { status: number } | undefined)?.status).toBe(401)
      expect(reason(error)?.code).toBe('OAUTH_NOT_REPLAYABLE')
      expect(world.api.counts.requests).toBe(1)
      expect(bodies(world)[0]?.length).toBeGreaterThan(0)
      expect(world.as.counts.token).toBe(1)

      // The next one goes through at once: the renewal was not for nothing
      const again = make()
      expect((await world.http.post('/x', again.body, { headers: again.headers })).status).toBe(200)
      expect(world.as.counts.token).toBe(1)
    },
  )

  test.each(['get', 'delete', 'head', 'put', 'patch'] as const)(
    '%s is repeated with its query',
    async method => {
      const data = method === 'put' || method === 'patch' ? { a: 1 } : undefined
      await world.http.request({ method, url: '/x?one=1', params: { two: 'ä b' }, ...(data ? { data } : {}) })
      const [first, second] = world.api.requests
      expect(second?.line).toBe(first?.line)
      expect(second?.body.toString()).toBe(first?.body.toString())
      expect(first?.target).toContain('one=1&two=')
    },
  )
})
