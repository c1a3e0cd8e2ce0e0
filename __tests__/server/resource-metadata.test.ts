import { OAuthError } from '../../src/errors.js'
import type { Send } from '../../src/server/messages.js'
import { discoverFromResource } from '../../src/server/resource-metadata.js'
import { answer, errorOf, NOW, nodeSend } from '../oauth2/support.js'
import { json, listen } from '../servers/http.js'

const api = 'https://api.example/mcp'
const place = 'https://api.example/.well-known/oauth-protected-resource/mcp'

/** An internet of documents by URL; the API itself challenges. */
function context(pages: Record<string, object>, challenge = 'Bearer') {
  const urls: string[] = []
  const send: Send = async ({ url }) => {
    urls.push(url.href)
    if (url.href === api) return answer(401, '', { 'www-authenticate': challenge })
    return pages[url.href] ? answer(200, pages[url.href]) : answer(404, '')
  }
  return { send, clock: () => NOW, urls }
}

test('a public API does not send us into a private network', async () => {
  const challenged = context({}, 'Bearer resource_metadata="https://169.254.169.254/x"')
  expect(await errorOf(async () => discoverFromResource(api)(challenged))).toMatchObject({
    code: 'OAUTH_INSECURE_URL',
  })
  expect(challenged.urls).toEqual([api])

  const described = context({ [place]: { resource: api, authorization_servers: ['http://localhost:9000'] } })
  expect(await errorOf(async () => discoverFromResource(api)(described))).toMatchObject({
    code: 'OAUTH_INSECURE_URL',
  })
  expect(described.urls).toEqual([api, place])
})

test('where nothing describes the API, its origin may be taken for the server (MCP), if that is wanted', async () => {
  const document = { issuer: 'https://api.example', token_endpoint: 'https://api.example/token' }
  const pages = { 'https://api.example/.well-known/oauth-authorization-server': document }
  expect(await discoverFromResource(api, { originFallback: true })(context(pages))).toEqual(document)
  const error = await errorOf(async () => discoverFromResource(api)(context(pages)))
  expect(error).toBeInstanceOf(OAuthError)
  expect(error).toMatchObject({ code: 'OAUTH_DISCOVERY_FAILED' })
})

describe('over a socket', () => {
  /** The error behind that of an API whose description is this. */
  async function causeOf(status: number, description: (url: string) => object) {
    const server = await listen((request, response) => {
      const isDescription = request.url === '/.well-known/oauth-protected-resource'
      if (isDescription) json(response, status, description(`${server.url}`))
      else json(response, 404, {})
    })
    try {
      const source = discoverFromResource(`${server.url}`)
      const error = await errorOf(async () => source({ send: nodeSend, clock: () => NOW }))
      expect(error.code).toBe('OAUTH_DISCOVERY_FAILED')
      return error.cause
    } finally {
      await server.stop()
    }
  }

  test.each([
    ['nobody', () => undefined],
    ['what is no text', (url: string) => [url]],
    ['an object', (url: string) => ({ url })],
  ])('a description of %s is none, rather than that of another resource', async (_, resource) => {
    const description = (url: string) => ({ resource: resource(url), authorization_servers: [url] })
    expect(await causeOf(200, description)).toMatchObject({
      message: expect.stringContaining('could not be read (200)'),
      status: 200,
    })
  })

  test('a description is believed under 200 alone', async () => {
    const description = (url: string) => ({ resource: url, authorization_servers: [url] })
    expect(await causeOf(203, description)).toMatchObject({
      message: expect.stringContaining('could not be read (203)'),
      status: 203,
    })
  })
})

test('a mistake of the application’s own transport is told as it is, and no other place is asked', async () => {
  const mistake = new TypeError('fetch is not a function')
  const send = jest.fn<ReturnType<Send>, Parameters<Send>>(async ({ url }) => {
    if (url.href !== api) throw mistake
    return answer(401, '', { 'www-authenticate': 'Bearer' })
  })
  await expect(async () => discoverFromResource(api)({ send, clock: () => NOW })).rejects.toBe(mistake)
  expect(send.mock.calls.map(([{ url }]) => url.href)).toEqual([api, place])
})
