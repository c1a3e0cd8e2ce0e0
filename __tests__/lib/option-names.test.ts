import { dpop } from '../../src/dpop.js'
import { createOAuth2Session } from '../../src/index.js'
import {
  fetchUserInfo,
  idTokenValidator,
  introspectionValidator,
  jarm,
  validateLogoutToken,
} from '../../src/oidc.js'
import { createRegistry } from '../../src/registry.js'
import { createRoutes } from '../../src/routes.js'
import { metadataServerToken } from '../../src/workload.js'

const session = createOAuth2Session({ client: { client_id: 'app' } })
const routes = { origin: 'https://app.example.com', secret: 's'.repeat(32) }

test.each<[string, (more: object) => unknown, string, string]>([
  ['idTokenValidator', more => idTokenValidator(more), 'clockTolerence', 'clockTolerance'],
  ['introspectionValidator', more => introspectionValidator(more), 'audiance', 'audience'],
  ['jarm', more => jarm(more), 'algorithm', 'algorithms'],
  ['fetchUserInfo', more => fetchUserInfo(session, more), 'subjekt', 'subject'],
  ['validateLogoutToken', more => validateLogoutToken(session, 'jwt', more), 'isReplay', 'isReplayed'],
  ['dpop', more => dpop(more), 'allow_bearer', 'allowBearer'],
  ['createRegistry', more => createRegistry({ clients: {}, ...more }), 'enviroment', 'environment'],
  [
    'createRoutes',
    more => createRoutes(createRegistry({ clients: {} }), { ...routes, ...more }),
    'allowToken',
    'allowTokens',
  ],
  [
    'metadataServerToken',
    more => metadataServerToken({ url: 'http://127.0.0.1/token', ...more }),
    'header',
    'headers',
  ],
])('%s refuses an option that does not exist, and names the right one', async (_name, make, wrong, right) => {
  const refused = await Promise.resolve()
    .then(() => make({ [wrong]: 1 }))
    .catch(error => error as Error)
  expect(refused).toMatchObject({ code: 'OAUTH_INVALID_OPTION' })
  expect((refused as Error).message).toContain(`called ${wrong}. Did you mean ${right}?`)
})
