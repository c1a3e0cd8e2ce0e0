import {
  deleteClient,
  type RegisteredClient,
  readClient,
  updateClient,
} from '../../src/oauth2/registration.js'
import { answer, errorOf, scripted } from '../oauth2/support.js'

const client: RegisteredClient = {
  registration_access_token: 'reg-23410913-abewfq.123483',
  registration_client_uri: 'https://server.example.com/register/s6BhdRkqt3',
  client_id: 's6BhdRkqt3',
  client_id_issued_at: 2893256800,
  client_secret: 'cf136dc3c1fc93f31185e5885805d',
  client_secret_expires_at: 2893276800,
  client_name: 'My Example Client',
  redirect_uris: ['https://client.example.org/callback'],
}
const world = (...answers: Parameters<typeof scripted>) =>
  scripted(answers[0], { server: { registration_endpoint: 'https://server.example.com/register' } })

describe('RFC 7592 OAuth 2.0 Dynamic Client Registration Management', () => {
  test('section 2.1: read: GET with the registration access token, no body', async () => {
    const context = world([answer(200, client)])
    expect(await readClient(context, client)).toEqual(client)
    const [request] = context.sent
    expect(request).toMatchObject({
      method: 'GET',
      headers: { Authorization: 'Bearer reg-23410913-abewfq.123483' },
    })
    expect(`${request?.url}`).toBe(client.registration_client_uri)
    expect(request).not.toHaveProperty('json')
  })

  test('section 2.2: update: PUT with all metadata as they were returned, the changes on top', async () => {
    const context = world([answer(200, client)])
    await updateClient(context, client, {
      client_name: 'My New Example',
      logo_uri: 'https://client.example.org/logo.png',
    })
    expect(context.sent[0]).toMatchObject({
      method: 'PUT',
      headers: { 'Content-Type': 'application/json', Authorization: 'Bearer reg-23410913-abewfq.123483' },
    })
    expect(context.sent[0]?.json).toEqual({
      client_id: 's6BhdRkqt3',
      client_secret: client.client_secret,
      client_name: 'My New Example',
      logo_uri: 'https://client.example.org/logo.png',
      redirect_uris: client.redirect_uris,
    })
  })

  test('section 2.2: MUST include its client_id, the same as issued', async () => {
    const context = world([answer(200, client)])
    await updateClient(context, client, { client_id: 'another' })
    expect(context.sent[0]?.json).toHaveProperty('client_id', 's6BhdRkqt3')
  })

  test('section 2.2: MUST NOT include the four members that only the server sets', async () => {
    const context = world([answer(200, client)])
    await updateClient(context, client, {})
    for (const name of [
      'registration_access_token',
      'registration_client_uri',
      'client_secret_expires_at',
      'client_id_issued_at',
    ])
      expect(context.sent[0]?.json).not.toHaveProperty(name)
  })

  test('section 2.2: neither where the changes name them', async () => {
    const context = world([answer(200, client)])
    const changes = {
      registration_access_token: 'mine',
      registration_client_uri: 'https://evil.example',
      client_secret_expires_at: 0,
      client_id_issued_at: 0,
      client_name: 'New',
    }
    await updateClient(context, client, changes)
    const sent = context.sent[0]
    for (const name of Object.keys(changes).slice(0, 4)) expect(sent?.json).not.toHaveProperty(name)
    expect(sent?.json).toHaveProperty('client_name', 'New')
    expect(sent?.url.href).toBe(client.registration_client_uri)
    expect(sent?.headers.Authorization).toBe(`Bearer ${client.registration_access_token}`)
  })

  test('section 2.2: a client_secret MUST be the one that was issued', async () => {
    const context = world([answer(200, client)])
    await updateClient(context, client, { client_secret: 'chosen' })
    expect(context.sent[0]?.json).toHaveProperty('client_secret', client.client_secret)
    const { client_secret: _, ...without } = client
    await updateClient(context, without, { client_secret: 'chosen' })
    expect(JSON.stringify(context.sent[1]?.json)).not.toContain('client_secret"')
  })

  test('section 2.1: a new client_secret takes the place of the old one, which MUST be discarded', async () => {
    const context = world([answer(200, { ...client, client_secret: 'new' })])
    expect((await readClient(context, client)).client_secret).toBe('new')
    expect((await updateClient(context, client, {})).client_secret).toBe('new')
  })

  test('section 2: MUST use its registration access token in all calls', async () => {
    const context = world([answer(200, client), answer(200, client), answer(204)])
    await readClient(context, client)
    await updateClient(context, client, {})
    await deleteClient(context, client)
    expect(context.sent.map(({ headers }) => headers.Authorization)).toEqual(
      Array(3).fill(`Bearer ${client.registration_access_token}`),
    )
  })

  test('section 2.3: delete: DELETE, 204 without a body', async () => {
    const context = world([answer(204)])
    await expect(deleteClient(context, client)).resolves.toBeUndefined()
    expect(context.sent[0]).toMatchObject({
      method: 'DELETE',
      headers: { Authorization: 'Bearer reg-23410913-abewfq.123483' },
    })
  })

  test('section 3: a new registration access token replaces the old one', async () => {
    const next = {
      ...client,
      registration_access_token: 'next',
      registration_client_uri: 'https://server.example.com/register/next',
    }
    const context = world([answer(200, next)])
    const updated = await updateClient(context, await readClient(context, client), {})
    await readClient(context, updated)
    expect(context.sent.map(({ headers }) => headers.Authorization)).toEqual([
      'Bearer reg-23410913-abewfq.123483',
      'Bearer next',
      'Bearer next',
    ])
    expect(`${context.sent[2]?.url}`).toBe(next.registration_client_uri)
  })

  test('section 3: where the answer has none, the old ones are kept', async () => {
    const { registration_access_token, registration_client_uri, ...bare } = client
    expect(await readClient(world([answer(200, bare)]), client)).toEqual(client)
  })

  test.each([
    [401, '', 'OAUTH_INVALID_RESPONSE'],
    [403, { error: 'access_denied' }, 'OAUTH_SERVER_REFUSED'],
    [405, '', 'OAUTH_INVALID_RESPONSE'],
  ])('section 2: %i is an error', async (status, body, code) => {
    for (const run of [
      readClient,
      deleteClient,
      (at: never, one: RegisteredClient) => updateClient(at, one, {}),
    ])
      expect(await errorOf(() => run(world([answer(status, body)]) as never, client))).toMatchObject({
        code,
        status,
      })
  })

  test('section 5: the token goes to the client configuration endpoint alone, and over TLS', async () => {
    const { registration_client_uri, ...without } = client
    for (const [wrong, code] of [
      [without, 'OAUTH_ENDPOINT_MISSING'],
      [{ ...client, registration_client_uri: 'http://server.example.com/register/x' }, 'OAUTH_INSECURE_URL'],
    ] as const) {
      const context = world([answer(200, client)])
      expect((await errorOf(() => readClient(context, wrong as RegisteredClient))).code).toBe(code)
      expect(context.sent).toEqual([])
    }
  })
})
