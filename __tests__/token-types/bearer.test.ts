import type { OutgoingRequest } from '../../src/auth/scheme.js'
import { type BearerPlacement, bearer } from '../../src/token-types/bearer.js'
import { errorOf } from '../oauth2/support.js'

function request(overrides: Partial<OutgoingRequest> = {}, headers: Record<string, string> = {}) {
  const written: Record<string, string | undefined> = { ...headers }
  const key = (name: string) =>
    Object.keys(written).find(known => known.toLowerCase() === name.toLowerCase()) ?? name
  return {
    method: 'POST',
    url: 'https://api.example/x',
    data: undefined,
    signal: undefined,
    header: (name: string) => written[key(name)],
    setHeader(name: string, value: string | undefined) {
      written[key(name)] = value
    },
    ...overrides,
    written,
  } satisfies OutgoingRequest & { written: unknown }
}
const token = { access_token: 'a+b/c=&?#', token_type: 'bearer' }
const encoded = 'access_token=a%2Bb%2Fc%3D%26%3F%23'
const form = 'application/x-www-form-urlencoded'

it('stands in the header', () => {
  const one = request({}, { authorization: 'old' })
  bearer().authorize(one, token)
  expect(one.written).toEqual({ authorization: 'Bearer a+b/c=&?#' })
  expect(one.url).toBe('https://api.example/x')
  expect(bearer()).toMatchObject({ accepts: ['bearer'], synchronous: true, boundToUrl: false })
})

it.each(['auth_header', 'headers'] as const)('%s is the header', placement => {
  const one = request()
  bearer({ placement }).authorize(one, token)
  expect(one.written.Authorization).toBe('Bearer a+b/c=&?#')
})

it.each(['query', 'uri', 'url'] as const)('%s is the query, with everything that stands there', placement => {
  for (const [before, after] of [
    ['https://api.example/x', `https://api.example/x?${encoded}`],
    ['https://api.example/x?a=%20b+c', `https://api.example/x?a=%20b+c&${encoded}`],
    ['https://api.example/x#f?g', `https://api.example/x?${encoded}#f?g`],
    ['https://api.example/x?a#f', `https://api.example/x?a&${encoded}#f`],
    ['https://api.example/x?a#f#g', `https://api.example/x?a&${encoded}#f#g`],
  ] as const) {
    const one = request({ url: before })
    bearer({ placement }).authorize(one, { access_token: token.access_token })
    expect(one.url).toBe(after)
    expect(one.written).toEqual({ 'Cache-Control': 'no-store' })
  }
  expect(bearer({ placement }).boundToUrl).toBe(true)
})

it('a token with a dollar sign goes into the query as it is', () => {
  const one = request()
  bearer({ placement: 'query' }).authorize(one, { access_token: "$&$'$1" })
  expect(new URL(one.url).searchParams.get('access_token')).toBe("$&$'$1")
})

describe('in the body', () => {
  const { authorize, boundToUrl } = bearer({ placement: 'body' })
  it('is bound to the request', () => expect(boundToUrl).toBe(true))

  it.each([
    ['a form', 'a=b+c', `a=b+c&${encoded}`, { 'content-type': `${form}; charset=utf-8` }],
    ['a form in capitals', 'a=b', `a=b&${encoded}`, { 'Content-Type': 'Application/X-WWW-Form-Urlencoded' }],
    ['a form without header', new URLSearchParams('a=b'), `a=b&${encoded}`, {}],
    ['an empty form', '', encoded, { 'Content-Type': form }],
    ['nothing', undefined, encoded, {}],
    ['null', null, encoded, {}],
  ])('is added to %s', (_, data, after, headers) => {
    const one = request({ data }, headers as Record<string, string>)
    authorize(one, token)
    expect(one.data).toBe(after)
    expect(one.header('content-type')?.toLowerCase()).toContain(form)
    expect(Object.keys(one.written)).toHaveLength(1)
  })

  it('leaves the caller’s form as it was', () => {
    const data = new URLSearchParams('a=b')
    authorize(request({ data }), token)
    expect(`${data}`).toBe('a=b')
  })

  it.each([
    ['JSON', '{"a":1}', { 'Content-Type': 'application/json' }],
    ['text of unknown type', 'a=b', {}],
    ['an empty JSON body', undefined, { 'Content-Type': 'application/json' }],
    ['a multipart body', 'x', { 'Content-Type': 'multipart/form-data; boundary=x' }],
    ['bytes', new Uint8Array([1]), { 'Content-Type': form }],
    ['a stream', { pipe() {} }, { 'Content-Type': form }],
    ['an object', { a: 1 }, {}],
  ])('is refused for %s, which stays as it is', async (_, data, headers) => {
    const one = request({ data }, headers as Record<string, string>)
    const error = await errorOf(() => authorize(one, token))
    expect(error.code).toBe('OAUTH_INVALID_OPTION')
    expect(error.message).not.toContain(token.access_token)
    expect(one.data).toBe(data)
    expect(one.written).toEqual(headers)
  })

  it.each(['GET', 'HEAD'])('is refused for %s', async method => {
    expect((await errorOf(() => authorize(request({ method }), token))).code).toBe('OAUTH_INVALID_OPTION')
  })
})

it('goes nowhere else', async () => {
  for (const placement of ['cookie', '', 'Header', 'toString', 'constructor'])
    expect((await errorOf(() => bearer({ placement: placement as BearerPlacement }))).code).toBe(
      'OAUTH_INVALID_OPTION',
    )
})
