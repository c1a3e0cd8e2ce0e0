import { OAuthError } from '../../src/errors.js'
import type { Send } from '../../src/server/messages.js'
import { discoverFromResource } from '../../src/server/resource-metadata.js'
import { answer, errorOf, NOW } from '../oauth2/support.js'

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
