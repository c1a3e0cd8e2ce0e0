import { readStepUp, stepUpParameters } from '../../src/oauth2/step-up.js'
import { answer } from '../oauth2/support.js'

const read = (status: number, header?: string) =>
  readStepUp(answer(status, '', header === undefined ? {} : { 'www-authenticate': header }))

describe('RFC 9470 OAuth 2.0 Step Up Authentication Challenge', () => {
  test('section 3: the example with acr_values', () => {
    const header =
      'Bearer error="insufficient_user_authentication", error_description="A different authentication level is required", acr_values="myACR"'
    expect(read(401, header)).toEqual({
      error: 'insufficient_user_authentication',
      error_description: 'A different authentication level is required',
      acr_values: 'myACR',
    })
  })

  test('section 3: the example with max_age', () => {
    const header =
      'Bearer error="insufficient_user_authentication", error_description="More recent authentication is required", max_age="5"'
    expect(read(401, header)).toMatchObject({ max_age: 5 })
  })

  test('section 3: both, several values, scope, in a DPoP challenge among others', () => {
    const header =
      'Basic realm="a, b", DPoP algs=ES256, ERROR=insufficient_user_authentication, acr_values="a b", max_age=0, scope="x y"'
    expect(read(401, header)).toEqual({
      error: 'insufficient_user_authentication',
      acr_values: 'a b',
      max_age: 0,
      scope: 'x y',
    })
  })

  test.each(['-1', '1.5', 'soon', '', '99999999999'])(
    'section 3: max_age is a non-negative integer: %p says nothing',
    value => {
      expect(
        read(401, `Bearer error="insufficient_user_authentication", max_age="${value}"`),
      ).not.toHaveProperty('max_age')
    },
  )

  test('RFC 6750 section 3.1: insufficient_scope, with the scope that is needed and where the API describes itself', () => {
    const header =
      'Bearer error="insufficient_scope", scope="files:write", resource_metadata="https://api.example/.well-known/x"'
    expect(read(403, header)).toEqual({
      error: 'insufficient_scope',
      scope: 'files:write',
      resource_metadata: 'https://api.example/.well-known/x',
    })
  })

  test.each([
    [401, undefined],
    [401, 'Bearer'],
    [401, 'Bearer error="invalid_token"'],
    [401, 'Bearer error_description="insufficient_user_authentication"'],
    [401, 'Basic error="insufficient_user_authentication"'],
    [200, 'Bearer error="insufficient_user_authentication"'],
    [500, 'Bearer error="insufficient_scope"'],
    [401, 'Bearer error="insufficient_anything"'],
  ])('nothing else is a step-up challenge: %i %s', (status, header) => {
    expect(read(status, header)).toBeUndefined()
  })

  test('section 4: the authorization request has acr_values and max_age as they were asked for', () => {
    expect(
      stepUpParameters({ error: 'insufficient_user_authentication', acr_values: 'a b', max_age: 0 }, 'read'),
    ).toEqual({
      acr_values: 'a b',
      max_age: 0,
      scope: 'read',
    })
  })

  test('section 3: the required scope is requested in addition to the granted one, each name once', () => {
    expect(stepUpParameters({ error: 'insufficient_scope', scope: 'write read' }, 'read profile').scope).toBe(
      'read profile write',
    )
    expect(stepUpParameters({ error: 'insufficient_scope', scope: 'write' }).scope).toBe('write')
    expect(stepUpParameters({ error: 'insufficient_scope' })).toEqual({})
  })
})
