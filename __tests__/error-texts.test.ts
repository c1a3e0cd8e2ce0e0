import { texts } from '../src/error-texts'
import { isOAuthError, oauthError } from '../src/errors'

const all = Object.values(texts).flatMap(reasons => Object.values(reasons))

test('the texts fill their places in braces with the values', () => {
  const error = oauthError('OAUTH_ISSUER_MISMATCH', 'metadata', { issuer: 'https://a', found: 'https://b' })
  expect(error.message).toBe('The metadata belong to https://b, not to https://a: check the issuer.')
  expect(isOAuthError(error, 'OAUTH_ISSUER_MISMATCH')).toBe(true)
})

test('what a value says is not read as a place in braces', () => {
  const { message } = oauthError('OAUTH_ISSUER_MISMATCH', 'metadata', { issuer: '{found}', found: 'x' })
  expect(message).toBe('The metadata belong to x, not to {found}: check the issuer.')
})

test('details stand on the error, the cause unseen by JSON', () => {
  const cause = new Error('why')
  const error = oauthError('OAUTH_HOOK_FAILED', 'threw', {}, { cause, status: 400 })
  expect(error).toMatchObject({ status: 400, cause })
  expect(JSON.stringify(error)).not.toContain('why')
})

test('every text is one line that says something', () => {
  expect(all.length).toBeGreaterThan(100)
  for (const text of all) expect(text).toMatch(/^[^\n]{7,200}$/)
})

test('every text says what to do, where there is something to do', () => {
  // The server's own words follow, or the caller wanted this end.
  const isExcused = (text: string) =>
    /^The authorization server answered|aborted|[{](hint|problem)[}]$/.test(text)
  const silent = all.filter(
    text => !isExcused(text) && !/: .*\w|[.] [A-Z`].*\w|\bmust\b|\bneeds\b/.test(text),
  )
  expect(silent).toEqual([])
})

test('without texts the message is the code, the reason and the values', () => {
  jest.isolateModules(() => {
    jest.doMock('../src/error-texts', () => require('../src/error-texts.light'))
    const light = require('../src/errors') as typeof import('../src/errors')
    expect(light.oauthError('OAUTH_ENDPOINT_MISSING', 'metadata', { name: 'token_endpoint' }).message).toBe(
      'OAUTH_ENDPOINT_MISSING: metadata token_endpoint',
    )
    jest.dontMock('../src/error-texts')
  })
})

test('a misspelt reason or value is a compile error', () => {
  // @ts-expect-error there is no such reason
  oauthError('OAUTH_HOOK_FAILED', 'thrown')
  // @ts-expect-error the text has no such place
  oauthError('OAUTH_ENDPOINT_MISSING', 'metadata', { nam: 'x' })
})
