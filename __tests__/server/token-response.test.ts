import { type AddressInfo, createServer } from 'node:net'
import { inspect } from 'node:util'
import * as oauth4webapi from 'oauth4webapi'
import {
  checkTokenType,
  mergeRefreshed,
  normaliseToken,
  processServerResponse,
  processTokenResponse,
  scopeChange,
} from '../../src/server/token-response.js'
import { answer, errorOf, NOW, nodeSend } from '../oauth2/support.js'
import { growthOf } from '../support/linear.js'

const expected = { requestedAt: NOW, tokenType: { accepts: ['bearer'] } }
const good = { access_token: 'AT', token_type: 'Bearer' }
const read = (body: unknown, status = 200, headers: Record<string, string> = {}) =>
  processTokenResponse(answer(status, body, headers), expected)

describe('a token', () => {
  it('is read from JSON, whatever the content type says', () => {
    for (const type of ['application/json', 'text/html', 'text/plain; charset=utf-8', ''])
      expect(read({ ...good, scope: 'a b', extra: { deep: [1] } }, 200, { 'content-type': type })).toEqual({
        ...good,
        scope: 'a b',
        extra: { deep: [1] },
      })
  })

  it('is read from a form, as old servers send it', () => {
    expect(read('access_token=A%2BT&token_type=bearer&expires_in=60&scope=a+b\n')).toEqual({
      access_token: 'A+T',
      token_type: 'bearer',
      expires_in: 60,
      expires_at: NOW + 60,
      scope: 'a b',
    })
  })

  it('is read from a form whose spaces nobody encoded, and never from a page', async () => {
    expect(read('access_token=AT&scope=a b')).toEqual({ access_token: 'AT', scope: 'a b' })
    for (const body of ['access_token=AT&note=<b>', 'access_token=AT\nscope=a'])
      expect(await errorOf(() => read(body))).toMatchObject({ code: 'OAUTH_INVALID_RESPONSE' })
  })

  it('may come with any status between 200 and 299, a byte order mark or spaces', () => {
    expect(read(good, 201).access_token).toBe('AT')
    expect(read(`\n  ${JSON.stringify(good)}\n`).access_token).toBe('AT')
  })

  it('has a scope that was sent as a list, and none that was sent as null', () => {
    expect(read({ ...good, scope: ['a', 'b'] }).scope).toBe('a b')
    for (const scope of [null, '', [], 7, {}]) expect(read({ ...good, scope })).not.toHaveProperty('scope')
  })

  it.each(['refresh_token', 'id_token'])('has no %s when the server sent nothing of use', name => {
    for (const value of [null, '', 0, false, {}, ['x']])
      expect(read({ ...good, [name]: value })).not.toHaveProperty(name)
    expect(read({ ...good, [name]: 'x' })).toHaveProperty(name, 'x')
  })

  it('does not reach the prototype of anything', () => {
    const token = read('{"access_token":"AT","__proto__":{"polluted":true}}')
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
    expect(token.access_token).toBe('AT')
  })
})

describe('expiry', () => {
  const life = (expires_in: unknown, more = {}) => {
    const { expires_in: life, expires_at } = read({ ...good, expires_in, ...more })
    return [life, expires_at]
  }

  it.each([
    ['a number', 3600, 3600],
    ['text', '3600', 3600],
    ['text with spaces', ' 3600 ', 3600],
    ['a float', 3600.9, 3600],
    ['a float as text', '3600.5', 3600],
    ['an exponent', '36e2', 3600],
    ['zero', 0, 0],
    ['zero as text', '0', 0],
    ['a negative number', -10, -10],
    ['a negative float', -0.5, -1],
    ['decades', 1e10, 1e10],
  ])('%s counts from the time before the request', (_, sent, seconds) => {
    expect(life(sent)).toEqual([seconds, NOW + seconds])
  })

  it.each([
    ['null', null],
    ['empty text', ''],
    ['blank text', ' '],
    ['words', 'soon'],
    ['a number with a unit', '3600s'],
    ['true', true],
    ['a list', [3600]],
    ['an object', {}],
    ['more than a clock can hold', 1e300],
    ['less than a clock can hold', -1e300],
    ['infinity as text', 'Infinity'],
    ['overflow as text', '1e999'],
    ['nothing', undefined],
  ])('%s is unknown', (_, sent) => {
    const token = read({ ...good, expires_in: sent })
    expect(token).toEqual(good)
    expect(Object.keys(token)).toEqual(Object.keys(good))
  })

  it('overflow in JSON is unknown', () => {
    expect(read('{"access_token":"AT","expires_in":1e999}')).toEqual({ access_token: 'AT' })
  })

  it('the length of life is worth more than the hour that the server names', () => {
    expect(life(60, { expires_at: 5 })).toEqual([60, NOW + 60])
    expect(life('soon', { expires_at: `${NOW + 9}` })).toEqual([undefined, NOW + 9])
    expect(life(undefined, { expires_at: NOW + 9.7 })).toEqual([undefined, NOW + 9])
  })
})

describe('a token type', () => {
  it('is compared without case, and is bearer when it is absent', () => {
    for (const token_type of ['bearer', 'BEARER', 'Bearer', undefined, null, ''])
      expect(read({ ...good, token_type }).access_token).toBe('AT')
  })

  it('that the client does not know is refused', async () => {
    for (const token_type of ['mac', 'N_A', 'Application Access Token']) {
      const error = await errorOf(() => read({ ...good, token_type }))
      expect(error.code).toBe('OAUTH_UNSUPPORTED_TOKEN_TYPE')
      expect(error.message).not.toContain('AT ')
    }
    expect(() => checkTokenType({ access_token: 'AT', token_type: 'DPoP' }, ['dpop'])).not.toThrow()
    expect((await errorOf(() => checkTokenType({ access_token: 'AT' }, ['dpop']))).code).toBe(
      'OAUTH_UNSUPPORTED_TOKEN_TYPE',
    )
  })
})

describe('a refusal', () => {
  const words = { error: 'invalid_grant', error_description: 'spent', error_uri: 'https://as.example/e' }

  it.each([400, 401, 403, 404, 200])('with an error is told as it was said, under %d', async status => {
    const error = await errorOf(() => read({ ...words, ...good }, status))
    expect(error).toMatchObject({ code: 'OAUTH_SERVER_REFUSED', status, ...words })
    expect(error.message).toContain('invalid_grant')
    expect(error.message).toContain('spent')
  })

  it('may be a form', async () => {
    expect(
      await errorOf(() => read('error=incorrect_client_credentials&error_description=a+b', 200)),
    ).toMatchObject({
      code: 'OAUTH_SERVER_REFUSED',
      error: 'incorrect_client_credentials',
      error_description: 'a b',
    })
  })

  it('keeps whatever the server put into its words as data', async () => {
    const error_description = 'A "quoted" \\ thing\n<script>é\u2028'
    expect(await errorOf(() => read({ error: 'x', error_description }, 400))).toMatchObject({
      error_description,
    })
    const odd = await errorOf(() =>
      read({ error: { code: 190 }, error_description: 7, error_uri: null }, 400),
    )
    expect(odd.code).toBe('OAUTH_SERVER_REFUSED')
    expect([odd.error, odd.error_description, odd.error_uri]).toEqual([undefined, undefined, undefined])
  })

  it('is none when error is empty', () => {
    for (const error of [null, '', false]) expect(read({ ...good, error }).access_token).toBe('AT')
  })

  it.each([500, 502, 503, 504, 429])('is no refusal under %d: the server is unavailable', async status => {
    expect(await errorOf(() => read(words, status))).toMatchObject({
      code: 'OAUTH_SERVER_UNAVAILABLE',
      status,
      ...words,
    })
    expect(await errorOf(() => read(good, status))).toMatchObject({
      code: 'OAUTH_SERVER_UNAVAILABLE',
      status,
    })
    expect(await errorOf(() => read('<html>Bad Gateway</html>', status))).toMatchObject({ status })
  })

  it.each([
    ['120', 120],
    [' 5 ', 5],
    ['0', undefined],
    ['-3', undefined],
    ['soon', undefined],
    ['', undefined],
    [undefined, undefined],
    [new Date((NOW + 30) * 1000).toUTCString(), 30],
    [new Date((NOW - 30) * 1000).toUTCString(), undefined],
  ])('Retry-After: %s is %s seconds', async (header, seconds) => {
    const headers = header === undefined ? {} : { 'retry-after': header }
    expect((await errorOf(() => read('', 503, headers))).retryAfter).toBe(seconds)
    expect((await errorOf(() => read(words, 400, headers))).retryAfter).toBe(seconds)
  })
})

describe('an answer that makes no sense', () => {
  it.each([
    ['an empty body', 200, ''],
    ['an HTML page', 200, '<!doctype html><title>Welcome</title><a href="?a=b&error=c">x</a>'],
    ['JSON null', 200, 'null'],
    ['a JSON list', 200, [good]],
    ['JSON text', 200, '"AT"'],
    ['a JSON number', 200, '7'],
    ['JSON true', 200, 'true'],
    ['broken JSON', 200, '{"access_token":"AT"'],
    ['an object without a token', 200, { message: 'hello' }],
    ['a token that is not text', 200, { access_token: { value: 'AT' } }],
    ['a token that is a number', 200, { access_token: 7 }],
    ['an empty token', 200, { access_token: '' }],
    ['a form without a token', 200, 'a=b'],
    ['401 with the shape of a token', 401, good],
    ['401 with a message', 401, { message: 'x' }],
    ['403 with a page', 403, '<html><body>Forbidden by the firewall</body></html>'],
    ['404 with nothing', 404, ''],
    ['a redirect', 302, ''],
    ['304', 304, ''],
    ['100', 100, ''],
    ['a status below 200 with a token', 199, good],
    ['a status of no class with a token', 99, good],
  ])('%s', async (_, status, body) => {
    expect(await errorOf(() => read(body, status))).toMatchObject({ code: 'OAUTH_INVALID_RESPONSE', status })
  })

  it('is told by its plain words alone', async () => {
    const page = `<html><head><title>Forbidden</title></head><body>Blocked by policy, ask the admin. POST client_secret=s3cr3t-canary
      refresh_token: "canary0123456789" access_token=${'A'.repeat(40)} ${'a'.repeat(60)}</body></html>`
    const error = await errorOf(() => read(page, 403))
    expect(error.message).toContain('Forbidden')
    expect(error.message).toContain('Blocked by policy, ask the admin.')
    expect(error.message.length).toBeLessThan(200)
    for (const secret of ['s3cr3t', 'canary', 'AAAA', 'aaaa']) expect(inspect(error)).not.toContain(secret)
  })

  it('does not show a token of the wrong shape', async () => {
    for (const body of [
      { access_token: 'canary', token_type: 'Bearer' },
      { token: 'canary', data: { access_token: 'canary' } },
    ])
      expect(inspect(await errorOf(() => read(body, 401)))).not.toContain('canary')
    expect(inspect(await errorOf(() => read('access_token=canary&x=canary', 401)))).not.toContain('canary')
  })

  it.each(['<', 'a', 'a=', ' '])('is judged in time in proportion to its size: %j', async text => {
    const [part, end = ''] = text
    const judge = (size: number) => errorOf(() => read(part?.repeat(size) + end, 400))
    expect(await growthOf(judge, 100_000)).toBeLessThan(30)
  })
})

it('a token under a status that HTTP does not have is none, over a socket', async () => {
  const body = JSON.stringify(good)
  const head = `HTTP/1.1 099 Odd\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n`
  const server = createServer(socket => void socket.on('data', () => socket.end(head + body)))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/token`)
  const request = {
    endpoint: 'token',
    method: 'POST',
    url,
    headers: {},
    body: new URLSearchParams(),
  } as const
  try {
    const response = await nodeSend(request)
    expect(response).toMatchObject({ status: 99, body })
    const error = await errorOf(() => processTokenResponse(response, expected))
    expect(error).toMatchObject({ code: 'OAUTH_INVALID_RESPONSE', status: 99 })
  } finally {
    await new Promise(resolve => server.close(resolve))
  }
})

it('parameters of any good answer are read, none of an empty one', () => {
  expect(processServerResponse(answer(200, { a: 1 }), NOW)).toEqual({ a: 1 })
  expect(processServerResponse(answer(200, ''), NOW)).toEqual({})
  expect(processServerResponse(answer(204, ''), NOW)).toEqual({})
})

describe('a stored token', () => {
  it('keeps its hour of expiry; without one the clock starts now', () => {
    expect(normaliseToken({ access_token: 'AT', expires_in: 60, expires_at: NOW - 5 }, NOW).expires_at).toBe(
      NOW - 5,
    )
    expect(normaliseToken({ access_token: 'AT', expires_in: '60' }, NOW)).toEqual({
      access_token: 'AT',
      expires_in: 60,
      expires_at: NOW + 60,
    })
    expect(normaliseToken({ access_token: 'AT', expires_in: 60, expires_at: 'x' }, NOW).expires_at).toBe(
      NOW + 60,
    )
    expect(normaliseToken({ access_token: 'AT', expires_at: `${NOW}.9` }, NOW).expires_at).toBe(NOW)
    expect(normaliseToken({ access_token: 'AT', expires_at: null }, NOW)).toEqual({ access_token: 'AT' })
  })

  it('is not changed itself', () => {
    const token = Object.freeze({ access_token: 'AT', expires_in: '60', scope: ['a'] })
    normaliseToken(token as never, NOW)
    expect(token).toEqual({ access_token: 'AT', expires_in: '60', scope: ['a'] })
  })

  it('is none without an access token', async () => {
    expect((await errorOf(() => normaliseToken({ token: 'x' }, NOW))).code).toBe('OAUTH_INVALID_RESPONSE')
  })
})

describe('a refreshed token', () => {
  const next = { access_token: 'new' }
  it('keeps the refresh token and the scope where the answer named none', () => {
    expect(mergeRefreshed({ refresh_token: 'R1', scope: 'a' }, next)).toEqual({
      ...next,
      refresh_token: 'R1',
      scope: 'a',
    })
    expect(
      mergeRefreshed({ refresh_token: 'R1', scope: 'a' }, { ...next, refresh_token: 'R2', scope: 'b' }),
    ).toEqual({
      ...next,
      refresh_token: 'R2',
      scope: 'b',
    })
    expect(Object.keys(mergeRefreshed({}, next))).toEqual(['access_token'])
    expect(Object.keys(mergeRefreshed({ refresh_token: undefined }, next))).toEqual(['access_token'])
  })

  it('has the expiry of its own answer alone', () => {
    const old = { access_token: 'old', expires_in: 60, expires_at: NOW - 1, refresh_token: 'R1' }
    expect(mergeRefreshed(old, next)).toEqual({ ...next, refresh_token: 'R1' })
  })
})

describe('a change of scope', () => {
  it.each([
    ['a b', 'b a', undefined],
    ['a  b', 'a b', undefined],
    ['a', undefined, undefined],
    [undefined, 'a', undefined],
    ['', 'a', undefined],
    ['openid a', 'a', { missing: ['openid'], added: [] }],
    ['a', 'a openid', { missing: [], added: ['openid'] }],
    ['a b', 'c b', { missing: ['a'], added: ['c'] }],
    ['read', 'readwrite', { missing: ['read'], added: ['readwrite'] }],
  ])('from %s to %s', (asked, granted, change) => {
    expect(scopeChange(asked, granted)).toEqual(change)
  })
})

describe('agrees with oauth4webapi', () => {
  const server = { issuer: 'https://as.example' }
  const client = { client_id: 'app' }
  it.each([
    [200, '{"access_token":"AT","token_type":"bearer","expires_in":60}'],
    [200, '{"access_token":"AT","token_type":"Bearer","expires_in":"60","scope":"a b"}'],
    [200, '{"access_token":"AT","token_type":"mac"}'],
    [200, '{"access_token":"","token_type":"bearer"}'],
    [200, '{"token_type":"bearer"}'],
    [200, '[]'],
    [200, 'null'],
    [200, ''],
    [400, '{"error":"invalid_grant"}'],
    [401, '{"error":"invalid_client"}'],
    [401, '{"access_token":"AT","token_type":"bearer"}'],
    [500, '{"error":"server_error"}'],
  ])('about %d %s', async (status, body) => {
    const ours = await Promise.resolve()
      .then(() => read(body, status))
      .catch(error => error.code as string)
    const theirs = await oauth4webapi
      .processRefreshTokenResponse(
        server,
        client,
        new Response(body, { status, headers: { 'content-type': 'application/json' } }),
      )
      .catch(() => undefined)
    if (typeof ours === 'string') expect(theirs).toBeUndefined()
    else {
      expect(theirs).toMatchObject({ access_token: ours.access_token })
      expect(theirs?.expires_in).toBe(ours.expires_in)
      expect(theirs?.scope).toBe(ours.scope)
    }
  })
})
