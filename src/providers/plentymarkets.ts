import { defineProvider, type Provider, rewriteAnswer } from './provider.js'

/** `accessToken` becomes `access_token`. */
const snakeCase = rewriteAnswer(answer =>
  Object.fromEntries(
    Object.entries(answer).map(([name, value]) => [
      name.replace(/[A-Z](?=[a-z])/g, letter => `_${letter.toLowerCase()}`).replace(/^_/, ''),
      value,
    ]),
  ),
)

/**
 * PlentyMarkets, the shop at `url`. A back-end user signs in with `passwordGrant`; answers have names in
 * camel case; a refresh goes to an address of its own. There is no revocation endpoint of RFC 7009. Without a
 * source: the names in camel case are those that requests-oauthlib handles.
 */
export function plentymarkets({ url }: { url: string }): Provider {
  const login = `${url.replace(/\/$/, '')}/rest/login`
  return defineProvider({
    server: { token_endpoint: login, token_endpoint_auth_methods_supported: ['client_secret_post'] },
    hooks: {
      tokenResponse: snakeCase,
      refreshRequest: request => ({ ...request, url: new URL(`${login}/refresh`) }),
      refreshResponse: snakeCase,
    },
  })
}
