import { processTokenResponse } from '../../src/oauth1/messages.js'
import { answer, errorOf } from '../oauth2/support.js'

test.each([
  ['oauth_token', 'oauth_token_secret=s'],
  ['oauth_token', 'oauth_token=&oauth_token_secret=s'],
  ['oauth_token_secret', '{"oauth_token":"t","oauth_token_secret":7}'],
])('an answer without a usable %s gives no credentials, and the error names it', async (name, body) => {
  const error = await errorOf(async () => processTokenResponse(answer(200, body as never)))
  expect(error).toMatchObject({ code: 'OAUTH_INVALID_RESPONSE', status: 200 })
  expect(error.message).toContain(`a usable ${name}:`)
})
