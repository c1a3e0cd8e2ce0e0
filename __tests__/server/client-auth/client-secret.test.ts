import fc from 'fast-check'
import * as oauth4webapi from 'oauth4webapi'
import type { ClientAuth, ClientMetadata, ServerRequest } from '../../../src/server/call.js'
import { clientSecretBasic } from '../../../src/server/client-auth/client-secret-basic.js'
import { clientSecretPost } from '../../../src/server/client-auth/client-secret-post.js'
import { noClientAuth } from '../../../src/server/client-auth/none.js'
import { scripted } from '../../oauth2/support.js'

async function apply(auth: ClientAuth, client: ClientMetadata, body = ''): Promise<ServerRequest> {
  const request: ServerRequest = {
    endpoint: 'token',
    method: 'POST',
    url: new URL('https://as.example/token'),
    headers: {},
    body: new URLSearchParams(body),
  }
  await auth(request, scripted([], { client }))
  return request
}

const basic = async (client_id: string, client_secret: string, encoding?: 'form' | 'raw') => {
  const { headers, body } = await apply(clientSecretBasic(encoding && { encoding }), {
    client_id,
    client_secret,
  })
  expect(`${body}`).toBe('')
  const [scheme, credentials] = (headers.Authorization ?? '').split(' ')
  expect(scheme).toBe('Basic')
  return Buffer.from(credentials ?? '', 'base64').toString('utf8')
}

describe('clientSecretBasic', () => {
  it('form-encodes both parts', async () => {
    expect(await basic('a:b c', 'p%s+é/~*-._')).toBe('a%3Ab+c:p%25s%2B%C3%A9%2F%7E*-._')
  })

  it('sends them as they are where the server wants that', async () => {
    expect(await basic('a b', 'p%s+/é€😀', 'raw')).toBe('a b:p%s+/é€😀')
  })

  it('says the same as oauth4webapi once decoded', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'grapheme', minLength: 1 }),
        fc.string({ unit: 'grapheme' }),
        async (id, secret) => {
          const headers = new Headers()
          await oauth4webapi.ClientSecretBasic(secret || 'x')(
            { issuer: 'https://as.example' },
            { client_id: id },
            new URLSearchParams(),
            headers,
          )
          const decode = (text: string) =>
            text.split(':').map(part => new URLSearchParams(`v=${part}`).get('v'))
          const theirs = Buffer.from(headers.get('authorization')?.slice(6) ?? '', 'base64').toString()
          expect(decode(await basic(id, secret || 'x'))).toEqual(decode(theirs))
        },
      ),
      { numRuns: 200 },
    )
  })

  it('never fails on a text, half a surrogate pair included', async () => {
    expect(await basic('app', 'a\ud800b')).toBe('app:a%EF%BF%BDb')
    expect(await basic('app', 'a\ud800b', 'raw')).toBe('app:a\ufffdb')
  })

  it('is content without a secret', async () => {
    const { headers } = await apply(clientSecretBasic(), { client_id: 'app' })
    expect(headers.Authorization).toBe(`Basic ${btoa('app:')}`)
  })
})

describe('clientSecretPost', () => {
  it('puts both into the body, an empty secret where there is none', async () => {
    expect(`${(await apply(clientSecretPost(), { client_id: 'a b', client_secret: 'é' }, 'x=1')).body}`).toBe(
      'x=1&client_id=a+b&client_secret=%C3%A9',
    )
    expect(`${(await apply(clientSecretPost(), { client_id: 'app' })).body}`).toBe(
      'client_id=app&client_secret=',
    )
  })
})

describe('noClientAuth', () => {
  it('says who the client is, and shows no secret', async () => {
    const { body, headers } = await apply(noClientAuth(), { client_id: 'app', client_secret: 's' })
    expect(`${body}`).toBe('client_id=app')
    expect(headers).toEqual({})
  })

  it('says nothing where there is no client, and not twice where it was said', async () => {
    expect(`${(await apply(noClientAuth(), { client_id: '' })).body}`).toBe('')
    expect(`${(await apply(noClientAuth(), { client_id: 'app' }, 'client_id=x')).body}`).toBe('client_id=x')
  })
})
