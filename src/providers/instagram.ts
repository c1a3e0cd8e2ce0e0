import { bearer } from '../token-types/bearer.js'
import { commaScope, defineProvider, rewriteAnswer, withSpaces } from './provider.js'

/** True for the answer to an ended token. */
const isOver = (answer: unknown) => Object(answer).error?.code === 190

/**
 * Instagram, with its own log-in. The token of a sign-in is exchanged at the first request for one that lives
 * 60 days; that one is renewed, from 10 days before its end on, when it is at least a day old. An ended token
 * needs a new sign-in. There is no revocation endpoint. The client's secret goes into the query of the
 * exchange: for servers. Without a source: the answer to a code, code 190, that the API takes the token in
 * the query, the address of the authorization page.
 * @see https://developers.facebook.com/documentation/instagram-platform/reference/access_token (2026-03-09)
 * @see https://developers.facebook.com/documentation/instagram-platform/reference/refresh_access_token
 * (2025-07-17)
 */
export const instagram = defineProvider({
  server: {
    authorization_endpoint: 'https://www.instagram.com/oauth/authorize',
    token_endpoint: 'https://api.instagram.com/oauth/access_token',
    token_endpoint_auth_methods_supported: ['client_secret_post'],
  },
  leeway: 864_000,
  tokenType: bearer({ placement: 'query' }),
  isTokenExpired: ({ data }) => isOver(data),
  hooks: {
    authorizationUrl: commaScope,
    // The scheme after the token says that it lives an hour and must be exchanged.
    tokenResponse: rewriteAnswer(answer => {
      const token = Object(answer.data)[0] ?? answer
      const { access_token, permissions } = token
      const exchange = {
        ...token,
        scope: permissions,
        refresh_token: `${access_token} exchange`,
        expires_in: 0,
      }
      return access_token ? withSpaces(exchange) : answer
    }),
    refreshRequest(request) {
      const { body } = request
      const [token = '', verb = 'refresh'] = `${body.get('refresh_token')}`.split(' ')
      body.delete('refresh_token')
      const isRefresh = verb === 'refresh'
      if (isRefresh) body.delete('client_secret')
      body.set('grant_type', `ig_${verb}_token`)
      body.set('access_token', token)
      request.method = 'GET'
      request.url = new URL(`https://graph.instagram.com/${isRefresh ? 'refresh_' : ''}access_token`)
    },
    refreshResponse: rewriteAnswer(answer =>
      isOver(answer) ? { error: 'invalid_grant' } : { ...answer, refresh_token: answer.access_token },
    ),
  },
})
