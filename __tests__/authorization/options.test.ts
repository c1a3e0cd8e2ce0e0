import { checkAuthorization } from '../../src/authorization/check-request.light.js'
import type { AuthorizationOptions } from '../../src/authorization/options.js'
import { createAuthorizationUrl, prepareAuthorization } from '../../src/authorization/request.js'
import {
  authorizationCodeGrant,
  cibaGrant,
  clientCredentialsGrant,
  deviceCodeGrant,
  passwordGrant,
  saml2BearerGrant,
  tokenExchangeGrant,
} from '../../src/index.js'
import { jwtBearerGrant } from '../../src/jwt.js'
import { checkNames as lightCheckNames } from '../../src/lib/check-options.light.js'
import { createLogoutUrl } from '../../src/oidc.js'
import { tokenExchangeParameters } from '../../src/protocol.js'
import { checkCall as lightCheckCall } from '../../src/server/check-call.light.js'
import { fakeServer, makeSession, metadata } from '../support/fake-server.js'

const server = {
  ...metadata,
  authorization_endpoint: 'https://as.example/authorize',
  end_session_endpoint: 'https://as.example/end',
}
const session = () => makeSession(fakeServer(), { server }).session
const authorize = async (options: object) => {
  const { url, transaction } = await createAuthorizationUrl(session(), options as AuthorizationOptions)
  return { query: new URL(url).searchParams, transaction }
}
const refusal = (message: RegExp) => ({
  code: 'OAUTH_INVALID_OPTION',
  message: expect.stringMatching(message),
})

describe('an authorization request refuses unknown options by name', () => {
  test.each([
    ['redirectUri', /redirectUri\. Did you mean redirect_uri\?$/],
    ['redirect_url', /redirect_url\. Did you mean redirect_uri\?$/],
    ['loginHint', /Did you mean login_hint\?/],
    ['maxAge', /Did you mean max_age\?/],
    ['scopes', /Did you mean scope\?/],
    ['codeVerifier', /Did you mean code_verifier\?/],
    ['tokenEndpoint', /tokenEndpoint\. It belongs to the session/],
    ['client_id', /client_id\. It belongs to the session/],
    ['push', /third argument/],
    ['access_type', /access_type\. Other parameters of the request go into parameters: \{ … \}\.$/],
    ['include_granted_scopes', /go into parameters/],
    ['hasOwnProperty', /go into parameters/],
  ])('%s', async (name, message) => {
    await expect(authorize({ [name]: 'canary' })).rejects.toMatchObject(refusal(message))
    const error = await authorize({ [name]: 'canary' }).catch(error => error)
    expect(error.message).not.toContain('canary')
  })

  test('also where it is prepared without a session', async () => {
    const wrong = { redirectUri: 'https://app.example/cb' } as AuthorizationOptions
    await expect(
      prepareAuthorization({ server, client: { client_id: 'app' } } as never, wrong),
    ).rejects.toMatchObject(refusal(/redirect_uri/))
  })

  test('the compiler refuses them too', () => {
    const types = () => {
      // @ts-expect-error the wire name is redirect_uri
      createAuthorizationUrl(session(), { redirectUri: 'https://app.example/cb' })
      // @ts-expect-error a parameter of a server's own
      createAuthorizationUrl(session(), { access_type: 'offline' })
      // @ts-expect-error it belongs to the session
      createAuthorizationUrl(session(), { tokenEndpoint: 'https://as.example/token' })
      // @ts-expect-error the wire name is logout_hint
      createLogoutUrl(session(), { logoutHint: 'ann' })
      // @ts-expect-error a parameter of a server's own
      tokenExchangeGrant({ subject_token: 't', tenant: 'x' })
    }
    expect(types).toBeInstanceOf(Function)
  })
})

test('parameters that specifications name are options, others go into `parameters`', async () => {
  const named = {
    response_mode: 'form_post',
    prompt: 'login',
    display: 'popup',
    login_hint: 'ann',
    id_token_hint: 'jwt',
    ui_locales: 'de en',
    claims_locales: 'de',
    acr_values: 'mfa',
    claims: '{}',
    authorization_details: '[]',
    registration: '{}',
  } satisfies AuthorizationOptions
  const { query } = await authorize({
    ...named,
    parameters: { access_type: 'offline', audience: ['a', 'b'], no: null },
  })
  expect(Object.fromEntries(query)).toMatchObject({ ...named, access_type: 'offline' })
  expect(query.getAll('audience')).toEqual(['a', 'b'])
  expect(query.has('no')).toBe(false)
  expect(query.has('parameters')).toBe(false)
})

test('what stands in `parameters` and has an option counts as that option: the transaction remembers it', async () => {
  const parameters = { state: 'mine', scope: ['a', 'openid'], nonce: 'n', max_age: 5 }
  const { query, transaction } = await authorize({ scope: 'b', parameters })
  expect(Object.fromEntries(query)).toMatchObject({
    state: 'mine',
    scope: 'a openid',
    nonce: 'n',
    max_age: '5',
  })
  expect(transaction).toMatchObject({ state: 'mine', scope: 'a openid', nonce: 'n', max_age: 5 })
})

describe('grants refuse unknown options', () => {
  const transaction = {} as never
  test.each<[string, (more: object) => unknown, object, RegExp]>([
    [
      'clientCredentialsGrant',
      more => clientCredentialsGrant(more),
      { audience: 'x' },
      /audience\. Other parameters/,
    ],
    ['clientCredentialsGrant', more => clientCredentialsGrant(more), { scopes: 'x' }, /Did you mean scope/],
    [
      'passwordGrant',
      more => passwordGrant({ username: 'a', password: 'b', ...more }),
      { clientauth: 1 },
      /clientAuth/,
    ],
    [
      'authorizationCodeGrant',
      more => authorizationCodeGrant({ authorizationResponse: '?', transaction, ...more }),
      { redirectUri: 'x' },
      /redirectUri\. The transaction remembers it/,
    ],
    [
      'deviceCodeGrant',
      more => deviceCodeGrant({ onUserCode() {}, ...more }),
      { onUsercode: 1 },
      /onUserCode/,
    ],
    ['cibaGrant', more => cibaGrant({ login_hint: 'a', ...more }), { loginHint: 'b' }, /login_hint/],
    [
      'saml2BearerGrant',
      more => saml2BearerGrant({ assertion: 'a', ...more }),
      { audience: 'x' },
      /called audience\. Remove it; there are /,
    ],
    [
      'tokenExchangeGrant',
      more => tokenExchangeGrant({ subject_token: 't', ...more }),
      { subjectToken: 't' },
      /subject_token\?/,
    ],
    [
      'tokenExchangeParameters',
      more => tokenExchangeParameters({ subject_token: 't', ...more }),
      { tenant: 't' },
      /parameters/,
    ],
    [
      'jwtBearerGrant',
      more => jwtBearerGrant({ assertion: 'a', ...more }),
      { iss: 'x' },
      /called iss\. Remove it\./,
    ],
  ])('%s', async (_, make, more, message) => {
    await expect((async () => make(more))()).rejects.toMatchObject(refusal(message))
    await (async () => make({}))()
  })

  test('a token exchange sends parameters of the server’s own', async () => {
    const parameters = { tenant: 'x', audience: 'b' }
    expect(await tokenExchangeParameters({ subject_token: 't', audience: 'a', parameters })).toMatchObject(
      parameters,
    )
  })
})

describe('a log-out', () => {
  test.each(['/bye', 'bye', './bye', '//app.example/bye', '?bye'])(
    'refuses the relative address %s',
    async uri => {
      const asked = createLogoutUrl(session(), { post_logout_redirect_uri: uri })
      await expect(asked).rejects.toMatchObject(refusal(/post_logout_redirect_uri is not an absolute URI/))
    },
  )

  test.each(['https://app.example/bye', 'https://app.example/#/bye', 'com.example.app:/bye'])(
    'takes %s',
    async uri => {
      const { url } = await createLogoutUrl(session(), {
        post_logout_redirect_uri: uri,
        parameters: { audience: 'x' },
      })
      const query = new URL(url).searchParams
      expect([query.get('post_logout_redirect_uri'), query.get('audience'), query.has('parameters')]).toEqual(
        [uri, 'x', false],
      )
    },
  )

  test.each([
    ['postLogoutRedirectUri', /post_logout_redirect_uri/],
    ['federated', /go into parameters/],
  ])('refuses %s', async (name, message) => {
    await expect(createLogoutUrl(session(), { [name]: 'x' })).rejects.toMatchObject(refusal(message))
  })
})

test('the light build leaves all that to development', () => {
  for (const check of [checkAuthorization, lightCheckNames, lightCheckCall])
    expect(() => (check as (options: object, known: object) => void)({ wrong: 1 }, {})).not.toThrow()
})
