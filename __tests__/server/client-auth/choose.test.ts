import { callEndpoint } from '../../../src/server/call'
import type { ClientAuthOption, ClientMetadata } from '../../../src/server/messages.js'
import { answer, errorOf, scripted } from '../../oauth2/support.js'

const basic = `Basic ${btoa('app:s3cret')}`

/** How the client proved itself: the Authorization header, and what of the body names it. */
async function proof(client: Partial<ClientMetadata>, supported?: string[], clientAuth?: ClientAuthOption) {
  const context = scripted([answer(200)], {
    client: { client_id: 'app', client_secret: 's3cret', ...client },
    ...(clientAuth && { clientAuth }),
  })
  const server = { ...context.server, ...(supported && { token_endpoint_auth_methods_supported: supported }) }
  await callEndpoint({ ...context, server }, 'token', {})
  const { headers, body } = context.sent[0] as (typeof context.sent)[0]
  return [headers.Authorization, `${body}`]
}

test('Basic is the default where the server lists it or lists nothing', async () => {
  for (const supported of [undefined, [], ['client_secret_post', 'client_secret_basic']])
    expect(await proof({}, supported)).toEqual([basic, ''])
})

test('Post where the server lists it and not Basic', async () => {
  expect(await proof({}, ['client_secret_post', 'none'])).toEqual([
    undefined,
    'client_id=app&client_secret=s3cret',
  ])
})

test('only the name where the server lists neither, or there is no secret', async () => {
  expect(await proof({}, ['none'])).toEqual([undefined, 'client_id=app'])
  expect(await proof({ client_secret: '' }, ['client_secret_post'])).toEqual([undefined, 'client_id=app'])
})

test('the method that the client is registered with wins over what the server lists', async () => {
  const client = { token_endpoint_auth_method: 'client_secret_post' }
  expect(await proof(client, ['client_secret_basic'])).toEqual([
    undefined,
    'client_id=app&client_secret=s3cret',
  ])
})

test('the registered names stand wherever a function may', async () => {
  const post = [undefined, 'client_id=app&client_secret=s3cret']
  expect(await proof({}, undefined, 'client_secret_post')).toEqual(post)
  expect(await proof({}, undefined, { token: 'client_secret_post' })).toEqual(post)
  expect(await proof({}, undefined, 'none')).toEqual([undefined, 'client_id=app'])
  expect(await proof({}, ['none'], 'client_secret_basic')).toEqual([basic, ''])
})

test.each(['private_key_jwt', 'client_secret_jwt', 'x'])(
  'a client that is registered with %s is not authenticated by less',
  async method => {
    const error = await errorOf(() => proof({ token_endpoint_auth_method: method }))
    expect(error).toMatchObject({ code: 'OAUTH_INVALID_OPTION', message: expect.stringContaining(method) })
  },
)
