import type { AxiosInstance, AxiosResponse } from 'axios'
import type { Auth, AuthFlow } from '../../src/auth/scheme.js'
import type { AxiosLikeResponse } from '../../src/axios/axios-like.js'
import { axiosVersions, type Loaded, loadWith } from '../support/axios-versions.js'
import { renewing } from './schemes.js'
import { listen, type TestServer } from './server.js'

const isTokenExpired = ({ data }: AxiosLikeResponse) =>
  (Object(data) as { error?: string }).error === 'token_expired'
const rot13 = (text: string) =>
  text.replace(/[a-z]/g, letter => String.fromCharCode(((letter.charCodeAt(0) - 84) % 26) + 97))

describe.each(axiosVersions)('expiry that only the body tells, on axios $name', ({ module }) => {
  let loaded: Loaded
  let server: TestServer
  let api: AxiosInstance
  let scheme: ReturnType<typeof renewing>
  let status = 200
  let encrypted = false
  let good = 'Bearer new1'

  beforeEach(async () => {
    loaded = loadWith(module)
    status = 200
    encrypted = false
    good = 'Bearer new1'
    server = await listen(({ headers }) => {
      const right = headers.authorization === good
      const body = right ? '{"ok":true}' : '{"error":"token_expired"}'
      return {
        status: right ? 200 : status,
        headers: { 'content-type': encrypted ? 'text/plain' : 'application/json' },
        body: encrypted ? rot13(body) : body,
      }
    })
    api = loaded.axios.create({ baseURL: server.origin })
    scheme = renewing('old')
  })
  afterEach(() => server.close())

  it.each([200, 400])('is seen in the seam under %d, before anybody else', async code => {
    status = code
    const seen: unknown[] = []
    const judged: unknown[] = []
    api.interceptors.response.use(response => {
      seen.push(response.data)
      return response
    })
    loaded.attach(api, scheme, {
      isTokenExpired: response => {
        judged.push(response.data)
        return isTokenExpired(response)
      },
    })
    let transformed = 0
    const { data } = await api.get('/x', {
      transformResponse: (text: string) => {
        transformed++
        return JSON.parse(text)
      },
    })
    expect(data).toEqual({ ok: true })
    expect(transformed).toBe(1)
    expect(seen).toEqual([{ ok: true }])
    expect(judged).toEqual([{ error: 'token_expired' }, { ok: true }])
    expect(scheme.renewals).toBe(1)
    expect(scheme.told[0]).toMatchObject({ expired: true, status: code })
  })

  describe.each([
    ['signed at once', () => scheme as Auth],
    ['signed by the flow', () => ({ flow: scheme.flow }) as Auth],
  ])('that only the user’s transforms can read, %s', (_, auth) => {
    const decrypt = (text: string) => JSON.parse(rot13(text))

    it.each([200, 400])('is seen in the response interceptor under %d', async code => {
      status = code
      encrypted = true
      let transformed = 0
      loaded.attach(api, auth(), { isTokenExpired })
      const later: unknown[] = []
      api.interceptors.response.use((response: AxiosResponse) => {
        later.push(response.data)
        return response
      })
      let config: object | undefined
      api.interceptors.request.use(value => {
        config = value
        return value
      })
      const response = await api.post(
        '/x',
        { a: 1 },
        {
          transformResponse: (text: string) => {
            transformed++
            return decrypt(text)
          },
        },
      )
      expect(response.data).toEqual({ ok: true })
      expect(response.status).toBe(200)
      expect(response.config).toBe(config)
      expect(transformed).toBe(2)
      expect(later).toEqual([{ ok: true }])
      expect(scheme.renewals).toBe(1)
      expect(server.seen.map(({ body }) => body)).toEqual(['{"a":1}', '{"a":1}'])
    })

    it('is bounded: one renewal, then what came', async () => {
      status = 400
      encrypted = true
      good = 'nothing is'
      loaded.attach(api, auth(), { isTokenExpired })
      const error = await api.get('/x', { transformResponse: decrypt }).catch(error => error)
      expect(error.response).toMatchObject({ status: 400, data: { error: 'token_expired' } })
      expect(scheme.renewals).toBe(1)
      expect(server.seen).toHaveLength(2)
    })

    it('ends with the first answer where the renewal fails', async () => {
      status = 400
      encrypted = true
      scheme.renew = async () => {
        throw new Error('no')
      }
      loaded.attach(api, auth(), { isTokenExpired })
      const error = await api.get('/x', { transformResponse: decrypt }).catch(error => error)
      expect(error).toMatchObject({
        response: { status: 400, data: { error: 'token_expired' } },
        cause: { name: 'OAuthError' },
      })
      expect(server.seen).toHaveLength(1)
    })
  })

  it('lets pass what an interceptor before ours made of the response', async () => {
    encrypted = true
    api.interceptors.response.use(response => response.data)
    loaded.attach(api, scheme, { isTokenExpired })
    const value = await api.get('/x', { transformResponse: (text: string) => JSON.parse(rot13(text)) })
    expect(value).toEqual({ error: 'token_expired' })
    for (const made of [null, undefined, 'text', 0]) {
      api.interceptors.response.use(() => made as never)
      expect(await api.get('/x')).toBe(made)
    }
  })

  it.each([false, true])(
    'turns what the predicate throws into an error of the request (encrypted: %s)',
    async hidden => {
      encrypted = hidden
      loaded.attach(api, scheme, {
        isTokenExpired: () => {
          throw new TypeError('broken')
        },
      })
      const error = await api.get('/x').catch(error => error)
      expect(loaded.axios.isAxiosError(error)).toBe(true)
      expect(error).toMatchObject({
        config: { url: '/x' },
        cause: { name: 'OAuthError', cause: { message: 'broken' } },
      })
    },
  )
})

it('does not believe a stranger to whom a redirect led', async () => {
  const { axios, attach } = loadWith('axios')
  const stranger = await listen(() => ({
    headers: { 'content-type': 'text/plain' },
    body: '{"error":"token_expired"}',
  }))
  const server = await listen(() => ({ status: 302, headers: { location: `${stranger.origin}/` } }))
  for (const boundToUrl of [false, true]) {
    const api = axios.create({ baseURL: server.origin })
    const scheme = Object.assign(renewing('old'), { boundToUrl })
    attach(api, scheme, { isTokenExpired })
    expect((await api.get('/x')).data).toEqual({ error: 'token_expired' })
    expect(scheme.renewals).toBe(0)
  }
  expect(stranger.authorizations()).toEqual([undefined, undefined])
  expect(server.seen).toHaveLength(2)
  await Promise.all([server.close(), stranger.close()])
})

it('goes through a mock that answers objects', async () => {
  const { axios, attach } = loadWith('axios')
  const answers = [{ error: 'token_expired' }, { ok: true }]
  const adapter = async (config: object) =>
    ({ status: 200, statusText: '', headers: {}, data: answers.shift(), config }) as never
  const api = axios.create({ baseURL: 'https://api.example.com', adapter })
  const scheme = renewing('old')
  attach(api, scheme, { isTokenExpired })
  expect((await api.get('/x')).data).toEqual({ ok: true })
  expect(scheme.renewals).toBe(1)
})

it('asks `refused` once for every answer to what `open` signed', async () => {
  const { axios, attach } = loadWith('axios')
  const server = await listen(() => ({ status: 418 }))
  const api = axios.create({ baseURL: server.origin })
  const asked: unknown[][] = []
  const scheme: Auth = {
    open(request) {
      request.setHeader('authorization', 'x')
      return {}
    },
    refused(response, request) {
      asked.push([response.status, response.header('CONTENT-type'), request.method, request.url])
      return response.status === 418 && asked.length === 1
    },
    async *flow(request, sent): AuthFlow {
      asked.push(['flow', sent?.response.status, request.header('Authorization')])
      request.setHeader('Authorization', 'y')
      yield request
    },
  }
  attach(api, scheme)
  await api.get('/a').catch(() => {})
  await api.get('/b').catch(() => {})
  expect(asked).toEqual([
    [418, 'application/json', 'GET', `${server.origin}/a`],
    ['flow', 418, undefined],
    [418, 'application/json', 'GET', `${server.origin}/b`],
  ])
  expect(server.authorizations()).toEqual(['x', 'y', 'x'])
  await server.close()
})
