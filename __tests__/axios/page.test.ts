/**
 * @jest-environment jsdom
 */
import axios, { type AxiosRequestConfig } from 'axios'
import { attach } from '../../src/axios/attach.js'
import { renewing, urlBound } from './schemes.js'

/** An adapter as a browser's XHR is: it follows redirects itself and says where it ended. */
function xhr(answer: (config: AxiosRequestConfig) => { status: number; responseURL?: string }) {
  const sent: Record<string, unknown>[] = []
  const adapter = (async (config: AxiosRequestConfig) => {
    sent.push({ ...config, authorization: (config.headers as Record<string, unknown>).Authorization })
    const { status, responseURL } = answer(config)
    return { status, statusText: '', headers: {}, data: '', config, request: { responseURL } }
  }) as never
  return { sent, adapter }
}

describe('on a page', () => {
  it('goes by the page’s origin where the instance has no base URL', async () => {
    const { sent, adapter } = xhr(() => ({ status: 200 }))
    const api = axios.create({ adapter })
    attach(api, renewing('t'))
    for (const url of [
      '/x',
      'y',
      'http://localhost/z',
      '//localhost/z',
      'https://localhost/z',
      '//evil.example/z',
      '\\\\evil.example/z',
    ])
      await api.get(url)
    expect(sent.map(({ authorization }) => !!authorization)).toEqual([
      true,
      true,
      true,
      true,
      false,
      false,
      false,
    ])
  })

  it('resolves a relative base URL against the page', async () => {
    const { sent, adapter } = xhr(() => ({ status: 200 }))
    const api = axios.create({ adapter, baseURL: '/api' })
    attach(api, renewing('t'))
    await api.get('x')
    await api.get('/y')
    expect(sent.map(({ authorization }) => authorization)).toEqual(['Bearer t', 'Bearer t'])
  })

  it('leaves redirects to the browser', async () => {
    const { sent, adapter } = xhr(() => ({ status: 200 }))
    const api = axios.create({ adapter })
    attach(api, renewing('t'))
    await api.get('/x')
    expect(sent[0]).not.toHaveProperty('fetchOptions')
  })

  it.each([renewing, urlBound])(
    'knows by the final URL that the browser took the header away',
    async make => {
      const { sent, adapter } = xhr(() => ({ status: 401, responseURL: 'https://elsewhere.example/' }))
      const api = axios.create({ adapter, validateStatus: () => true })
      const scheme = make()
      attach(api, scheme)
      expect((await api.get('/x')).status).toBe(401)
      expect(sent).toHaveLength(1)
    },
  )

  it.each(['http://localhost/elsewhere', '', 'relative'])(
    'renews where it ended at %p',
    async responseURL => {
      const { adapter } = xhr(config => ({
        status: (config.headers as Record<string, unknown>).Authorization === 'Bearer new1' ? 200 : 401,
        responseURL,
      }))
      const api = axios.create({ adapter })
      attach(api, renewing('old'))
      expect((await api.get('/x')).status).toBe(200)
    },
  )
})
