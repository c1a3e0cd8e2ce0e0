import { checkHooks } from '../../src/server/check-hooks.js'
import { applyHooks } from '../../src/server/hooks.js'
import { errorOf } from '../oauth2/support.js'

it('a value passes through every hook, in order', async () => {
  const add = (more: string) => (value: string) => value + more
  expect(await applyHooks([add('b'), async value => `${value}c`, () => {}, add('d')], 'a')).toBe('abcd')
  expect(await applyHooks(add('b'), 'a')).toBe('ab')
  expect(await applyHooks(undefined, 'a')).toBe('a')
  expect(await applyHooks([], 'a')).toBe('a')
})

it('a hook is given what else there is to know', async () => {
  const hook = jest.fn()
  await applyHooks<string, [token: number]>(hook, 'a', 7)
  expect(hook).toHaveBeenCalledWith('a', 7)
})

it('a hook that throws stops the rest', async () => {
  const after = jest.fn()
  const cause = { not: 'an error' }
  const error = await errorOf(() => applyHooks([() => Promise.reject(cause), after], 'a'))
  expect(error).toMatchObject({ code: 'OAUTH_HOOK_FAILED', cause })
  expect(after).not.toHaveBeenCalled()
})

it('a hook that would never run is refused', async () => {
  checkHooks(undefined)
  checkHooks({ tokenRequest: () => {}, protectedRequest: [], authorizationUrl: url => url })
  const error = await errorOf(() => checkHooks({ access_token_response: () => {} } as never))
  expect(error.code).toBe('OAUTH_INVALID_OPTION')
  expect(error.message).toContain('access_token_response')
})
