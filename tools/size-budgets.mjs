/**
 * What a user's bundle may weigh: kilobytes (1000 bytes) after esbuild's minifier and gzip -9. A line says
 * which names are imported; with `over`, the budget is what they add to that other line. Names that do not
 * exist fail: list what is there.
 */

/**
 * What nobody who uses a bearer token alone should carry; PROVIDERS stands for the name of every provider.
 */
const notForBearer = ['oauth_signature', 'oauth_nonce', 'jose', '.well-known', 'PROVIDERS']

export const budgets = [
  {
    name: 'bearer',
    imports: { '': ['attachOAuth2', 'createOAuth2Session', 'memoryStore', 'bearer'] },
    // attaching alone (wire URL, redirects, second sends, six versions of axios) is 6 kB of it, the session
    // another 6
    max: 20.4,
    forbidden: notForBearer,
  },
  {
    name: 'oauth1',
    imports: { '': ['attachOAuth1', 'hmacSha1'] },
    max: 11.5,
    forbidden: ['refresh_token', 'code_verifier', 'jose', '.well-known', 'PROVIDERS'],
  },
  {
    name: 'parts',
    // what providers stand on: a session with a sign-in, discovery, signed statements, OAuth 1.0a
    imports: {
      '': [
        ...[
          'attachOAuth2',
          'createOAuth2Session',
          'memoryStore',
          'bearer',
          'discover',
          'createAuthorizationUrl',
        ],
        ...['attachOAuth1', 'createOAuth1Session', 'createOAuth1AuthorizationUrl', 'hmacSha1', 'hmacSha256'],
      ],
      '/jwt': ['jwtBearerGrant', 'privateKeyJwt'],
    },
    max: 34.5,
  },
  {
    name: 'page',
    // what a sign-in in a page stands on
    imports: {
      '': [
        ...['attachOAuth2', 'createOAuth2Session', 'discover', 'webStorageStore'],
        ...['createAuthorizationUrl', 'authorizationCodeGrant', 'fetchToken', 'revokeToken'],
      ],
    },
    max: 28,
  },
  {
    name: 'sign-in',
    imports: { '/sign-in': ['isCallback', 'signIn', 'handleCallback', 'signOut'] },
    over: 'page',
    max: 2.5,
  },
  { name: 'popup', imports: { '/sign-in': ['signInWithPopup', 'finishPopup'] }, over: 'page', max: 2 },
  {
    name: 'connect',
    // it finds what the parts are told: how an API is described, how a client registers, what a challenge
    // asks for
    imports: { '/connect': ['connectResource'] },
    over: 'page',
    max: 2.6,
  },
  { name: 'registry', imports: { '/registry': ['createRegistry'] }, over: 'parts', max: 2 },
  { name: 'observe', imports: { '/observe': ['observeSession'] }, over: 'bearer', max: 1.1 },
  // the framework itself is the application's
  {
    name: 'react',
    imports: { '/react': ['useSession', 'RequireSession'] },
    over: 'observe',
    max: 0.3,
    external: ['react'],
  },
  { name: 'vue', imports: { '/vue': ['useSession'] }, over: 'observe', max: 0.3, external: ['vue'] },
  { name: 'svelte', imports: { '/svelte': ['sessionStore'] }, over: 'observe', max: 0.3 },
  {
    name: 'angular',
    imports: { '/angular': ['toSessionSignal'] },
    over: 'observe',
    max: 0.3,
    external: ['@angular/core'],
  },
  { name: 'dpop', imports: { '/dpop': ['dpop'] }, over: 'bearer', max: 6 },
]

/** Every export of the root that ends so is measured against `over`, so that a new one needs no line here. */
export const families = [
  // the two that judge a callback carry its checks and their messages; CIBA and the device code share their
  // polling
  { suffix: 'Grant', over: 'bearer', max: 0.65, except: { authorizationCodeGrant: 2.1, implicitGrant: 1.5 } },
]

/** Every provider is measured against `over`, with all that it exports. */
export const providerBudget = {
  over: 'parts',
  max: 0.4,
  // it exchanges one token for another, which then renews itself
  except: { 'providers/instagram': 0.52 },
}
