import type { ServerRequest } from '../../src/server/messages.js'
import { withoutSecrets } from '../../src/server/scrub'
import { processServerResponse } from '../../src/server/token-response'
import { answer } from '../oauth2/support.js'
import { growthOf } from '../support/linear.js'

const request = (
  parameters: Record<string, string>,
  headers: Record<string, string> = {},
): ServerRequest => ({
  endpoint: 'token',
  method: 'POST',
  url: new URL('https://as.example/token'),
  headers,
  body: new URLSearchParams(parameters),
})

/** The body of an error as the rest of the package sees it. */
const seen = (body: string, parameters: Record<string, string>, status = 400) =>
  withoutSecrets({ ...answer(status), body }, request(parameters)).body

const secret = 'aZ/9+x&y=é"q\\z'
const json = JSON.stringify(secret).slice(1, -1)
const spellings = {
  'as it is, in plain text': secret,
  'in JSON': json,
  'in JSON with escaped slashes': json.replace('/', '\\/'),
  'in JSON with unicode escapes': json.replace('+', '\\u002B').replace('é', '\\u00e9'),
  'percent-encoded': encodeURIComponent(secret),
  'percent-encoded in lower case': encodeURIComponent(secret).toLowerCase().replace('az', 'aZ'),
  'as a form': new URLSearchParams({ '': secret }).toString().slice(1),
  'percent-encoded twice': encodeURIComponent(encodeURIComponent(secret)),
  'in HTML': secret.replace(/&/g, '&amp;').replace('"', '&#34;').replace('/', '&#x2F;'),
}

test.each(Object.entries(spellings))('a secret is masked %s', (_, spelled) => {
  expect(seen(`before ${spelled} after`, { refresh_token: secret })).toBe('before … after')
})

test('a masked JSON answer is still one, with its other words', () => {
  const body = `{"error":"invalid_grant","error_description":"The token aB\\/3\\u002Bd-77 is spent"}`
  const masked = seen(body, { refresh_token: 'aB/3+d-77' })
  expect(JSON.parse(masked)).toEqual({ error: 'invalid_grant', error_description: 'The token … is spent' })
})

test('an error in a form under 200 is masked as well', () => {
  const masked = seen(
    'error=bad_refresh_token&error_description=ghr%5Fcanary',
    { refresh_token: 'ghr_canary' },
    200,
  )
  expect(masked).toBe('error=bad_refresh_token&error_description=…')
})

test('an error that also has an access_token hides nothing', () => {
  expect(seen('{"access_token":null,"x":"canary-7"}', { refresh_token: 'canary-7' })).not.toContain('canary')
})

test('a space and a plus are the same password', () => {
  expect(seen('Wrong: my+horse+7', { password: 'my horse 7' })).toBe('Wrong: …')
})

test.each([
  ['400 or invalid refresh', { refresh_token: 'refresh', code: '400', password: 'or' }],
  ['invalid_grant: the refresh token is revoked', { refresh_token: 'revoked', client_secret: 'secret' }],
  ['The client_secret is wrong', { client_secret: 'client_secret' }],
  ['mishunters are no hunters_x', { password: 'hunter' }],
])('an error is not garbled: %s', (text, parameters) => {
  expect(seen(text, parameters)).toBe(text)
})

test('a word that is a password is masked where it stands alone', () => {
  expect(seen('hunter is wrong, "hunter"', { password: 'hunter' })).toBe('… is wrong, "…"')
})

test('nothing of it reaches the error', () => {
  const body = `{"error":"x","error_description":"${spellings['in JSON with unicode escapes']}","error_uri":"https:\\/\\/as.example\\/?t=${encodeURIComponent(secret)}"}`
  const response = withoutSecrets({ ...answer(400), body }, request({ refresh_token: secret }))
  expect(() => processServerResponse(response, 0)).toThrow('answered 400 x …')
  try {
    processServerResponse(response, 0)
  } catch (error) {
    expect(error).toMatchObject({ error_description: '…', error_uri: 'https://as.example/?t=…' })
  }
})

test.each(['%41', '\\u0041', '%25', '&#'])(
  'a long answer of %s costs time in proportion to its size',
  async part => {
    const read = (size: number) => seen(part.repeat(size), { refresh_token: 'A'.repeat(2000) })
    expect(await growthOf(read, 10_000)).toBeLessThan(30)
  },
)
