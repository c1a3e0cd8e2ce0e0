/**
 * Imports run one way, so that a reader can start anywhere and go down, and a bundle carries no more than it
 * uses. The table says which rooms of src/ a room may import values from; types may come from any room, but
 * no import, of a type either, closes a circle. Files directly in src/ are entry points and put the rooms
 * together.
 */
const rooms = {
  lib: [],
  crypto: ['lib'],
  'signature-methods': ['crypto', 'lib'],
  auth: ['lib'],
  axios: ['oauth1', 'oauth2', 'session', 'auth', 'lib'],
  server: ['auth', 'crypto', 'lib', 'token-types', 'session'],
  authorization: ['server', 'auth', 'crypto', 'lib', 'session', 'oauth2'],
  grants: ['authorization', 'server', 'crypto', 'lib', 'session'],
  'token-types': ['server', 'crypto', 'lib', 'session'],
  session: ['grants', 'authorization', 'server', 'token-types', 'crypto', 'lib', 'stores', 'locks', 'auth'],
  // OAuth 1.0a keeps its credentials in the same kind of session and asks over the same kind of transport
  oauth1: [
    'signature-methods',
    'session',
    'server',
    'authorization',
    'auth',
    'crypto',
    'lib',
    'stores',
    'locks',
  ],
  oauth2: ['session', 'grants', 'authorization', 'server', 'token-types', 'auth', 'crypto', 'lib'],
  oidc: ['oauth2', 'session', 'authorization', 'server', 'auth', 'crypto', 'lib'],
  fapi: ['oidc', 'authorization', 'server', 'token-types', 'crypto'],
  'sign-in': ['authorization', 'grants', 'oidc', 'oauth1', 'session', 'lib'],
  registry: ['axios', 'grants', 'server', 'stores', 'auth', 'lib'],
  connect: ['axios', 'oauth2', 'session', 'server', 'lib'],
  routes: ['registry', 'sign-in', 'oidc', 'oauth1', 'session', 'crypto', 'lib'],
  locks: ['crypto', 'lib'],
  // a store brings the machinery of its medium: memory's, or that of shared media
  stores: ['locks', 'session', 'crypto', 'lib'],
  // a provider names the parts that its quirks need: discovery, a signed secret, a bearer token in the query
  providers: ['grants', 'server', 'token-types', 'signature-methods', 'crypto', 'lib'],
  workload: ['grants', 'authorization', 'server', 'auth', 'lib'],
  cli: ['grants', 'authorization', 'server', 'session', 'auth', 'lib'],
  observe: ['session', 'lib'],
  bindings: ['observe', 'session', 'lib'],
  inspector: ['oauth1', 'session', 'lib'],
  otel: ['lib'],
  bridges: ['oauth2', 'session', 'auth', 'lib'],
  // a kit for tests stands above everything that it imitates
  testing: ['axios', 'crypto', 'oidc', 'oauth2', 'oauth1', 'session', 'auth', 'lib', 'stores', 'locks'],
}

const folder = names => `^src/(${names.join('|')})/`

export default {
  forbidden: [
    {
      name: 'no-circular',
      severity: 'error',
      from: { path: '^src/' },
      to: { circular: true },
    },
    {
      name: 'room-without-a-line-in-the-table',
      severity: 'error',
      from: { path: '^src/[^/]+/', pathNot: folder(Object.keys(rooms)) },
      to: {},
    },
    ...Object.entries(rooms).map(([room, below]) => ({
      name: `${room}-imports-what-stands-above-it`,
      severity: 'error',
      from: { path: folder([room]) },
      to: {
        path: '^src/',
        pathNot: [folder([room, ...below]), '^src/errors\\.ts$'],
        dependencyTypesNot: ['type-only'],
      },
    })),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.build.json' },
  },
}
