import { oauthError } from '../../src/errors'
import { kindOfRefusal } from '../../src/server/refusal'
import { processServerResponse } from '../../src/server/token-response'

const NOW = 1_700_000_000

/** What the session learns of such an answer to a refresh. */
function kindOf(
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
  endedBy?: (string | number)[],
) {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const response = { status, body: text, header: (name: string) => headers[name.toLowerCase()] }
  try {
    processServerResponse(response, NOW)
  } catch (error) {
    return kindOfRefusal(error, endedBy)
  }
  return undefined
}

test.each([
  ['400 temporarily_unavailable', 400, { error: 'temporarily_unavailable' }],
  ['403 slow_down', 403, { error: 'slow_down' }],
  ['429', 429, ''],
  ['408', 408, ''],
  ['503 with a page', 503, '<html>busy</html>'],
  ['500 invalid_grant', 500, { error: 'invalid_grant' }],
  ['is_transient', 400, { error: 'invalid_request', is_transient: true }],
  ['is_transient inside of an error object', 400, { error: { message: 'x', code: 2, is_transient: true } }],
])('%s passes', (_, status, body) => {
  expect(kindOf(status, body)).toBe('passing')
})

test('an error that says when to ask again passes, whatever its status', () => {
  expect(kindOf(400, { error: 'invalid_client' }, { 'retry-after': '7' })).toBe('passing')
  expect(kindOf(403, '', { 'retry-after': new Date((NOW + 9) * 1000).toUTCString() })).toBe('passing')
  expect(kindOf(400, { error: 'invalid_grant' }, { 'retry-after': '7' })).toBe('over')
})

test('Retry-After of a good answer says nothing', () => {
  expect(kindOf(200, { access_token: 'AT' }, { 'retry-after': '7' })).toBeUndefined()
})

test.each([
  ['invalid_grant', 400, { error: 'invalid_grant' }],
  ['GitHub', 200, { error: 'bad_refresh_token' }],
  ['HubSpot', 400, { status: 'BAD_REFRESH_TOKEN', message: 'missing or unknown refresh token' }],
  ['an error object', 401, { error: { status: 'INVALID_GRANT', message: 'x' } }],
])('%s: the grant is over', (_, status, body) => {
  expect(kindOf(status, body)).toBe('over')
})

test.each([
  ['invalid_client', 401, { error: 'invalid_client' }],
  ['an empty 400', 400, ''],
  ['400 with a page', 400, '<html>no</html>'],
  ['400 of another protocol', 400, { fault: 'x' }],
])('%s is refused, not over', (_, status, body) => {
  expect(kindOf(status, body)).toBe('refused')
})

test('an option names what else means that the grant is over', () => {
  expect(kindOf(400, { error: 'token_inactive' })).toBe('refused')
  expect(kindOf(400, { error: 'token_inactive' }, {}, ['token_inactive'])).toBe('over')
  expect(kindOf(401, '', {}, [401])).toBe('over')
  expect(kindOf(403, '', {}, [401])).toBe('passing')
})

test('what is no answer of the server passes', () => {
  expect(kindOfRefusal(new Error('x'))).toBe('passing')
  expect(kindOfRefusal(oauthError('OAUTH_LOCK_TIMEOUT', 'lost'))).toBe('passing')
  // an error of the application's transport may look like an answer
  const look = { code: 'OAUTH_SERVER_REFUSED', error: 'invalid_grant', status: 401 }
  expect(kindOfRefusal(Object.assign(new Error('x'), look), [401])).toBe('passing')
})
