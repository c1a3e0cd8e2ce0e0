import { createOAuth2Session, isOAuthError } from 'axios-oauth-interceptor'
import { type ClientChoice, chooseClient } from 'axios-oauth-interceptor/connect'
import { json, listen, type RunningServer, readBody } from '../servers/http.js'

let server: RunningServer
let registered: unknown[]
beforeEach(async () => {
  registered = []
  server = await listen(async (request, response) => {
    registered.push(JSON.parse((await readBody(request)).toString()))
    json(response, 201, { client_id: `client-${registered.length}` })
  })
})
afterEach(() => server.stop())

const issuer = 'https://auth.example.com'
const documented = { client_id: 'https://app.example.com/client.json' }
const choose = async (metadata: object, choice: ClientChoice) => {
  const session = createOAuth2Session({ server: { issuer, ...metadata } })
  return (await chooseClient(session, choice)).client_id
}
const takesDocuments = { client_id_metadata_document_supported: true }
const registers = () => ({ registration_endpoint: `${server.url}/register` })
const registration = { redirect_uris: ['https://app.example.com/callback'] }

test('the client that is known at the issuer comes first', async () => {
  const choice = { clients: { [issuer]: { client_id: 'known' } }, clientIdMetadata: documented, registration }
  expect(await choose({ ...takesDocuments, ...registers() }, choice)).toBe('known')
  expect(registered).toEqual([])
})

test('the metadata document where the server accepts it, else a registration', async () => {
  const choice = { clientIdMetadata: documented, registration }
  expect(await choose({ ...takesDocuments, ...registers() }, choice)).toBe(documented.client_id)
  expect(await choose(registers(), choice)).toBe('client-1')
  expect(registered).toEqual([registration])
})

test('where the server takes neither, the error says so', async () => {
  const error = await choose({}, { clientIdMetadata: documented, registration }).catch(
    (error: unknown) => error,
  )
  expect(isOAuthError(error, 'OAUTH_DISCOVERY_FAILED')).toBe(true)
  expect(String(error)).toContain(issuer)
})
