/**
 * The modules of the OpenID Foundation's conformance suite for relying parties, by the names that
 * oauth4webapi and openid-client list in their conformance folders, against one misbehaving provider.
 */
import { type CryptoKey, exportJWK, generateKeyPair, type JWK } from 'jose'
import { fapi2 } from '../../src/fapi.js'
import {
  authorizationCodeGrant,
  clientSecretBasic,
  createAuthorizationUrl,
  createOAuth2Session,
  discover,
  fetchToken,
} from '../../src/index.js'
import { privateKeyJwt, requestObject } from '../../src/jwt.js'
import { fetchUserInfo, idTokenValidator, jarm } from '../../src/oidc.js'
import { half, having, type Misbehaviour, startProvider, without } from './misbehaving-provider.js'

const client_id = 'app'
const client_secret = 'a-secret-of-forty-characters-0123456789ab'
const redirect_uri = 'https://app.example/cb'
const ID_TOKEN = 'OAUTH_ID_TOKEN_INVALID'

type Plan = 'basic' | 'fapi1' | 'fapi1-hybrid' | 'fapi2' | 'fapi2-signing'
/** What a client does with a module: accepts, or refuses with this code. */
type Verdict = 'accepts' | (string & {})
interface Module {
  name: string
  plans: Plan[]
  wrong: Misbehaviour
  verdict: Verdict
  /** Parameters of the authorization request that the module needs. */
  asks?: Record<string, string>
}

const every: Plan[] = ['basic', 'fapi1', 'fapi2', 'fapi2-signing']
const unsignedResponse: Plan[] = ['basic', 'fapi2']
const signedResponse: Plan[] = ['fapi1', 'fapi2-signing']
const fapi: Plan[] = ['fapi1', 'fapi2', 'fapi2-signing']
const bound: Plan[] = ['fapi2', 'fapi2-signing']
/** FAPI 1.0 has two ways to sign a response: JARM, and an ID token beside the code. */
const detached: Plan[] = ['fapi1-hybrid']
const now = () => Math.floor(Date.now() / 1000)
const hybrid = { response_type: 'code id_token' }

const accepted = (name: string, plans: Plan[], wrong: Misbehaviour = {}): Module => ({
  name,
  plans,
  wrong,
  verdict: 'accepts',
})
const refused = (
  name: string,
  plans: Plan[],
  wrong: Misbehaviour,
  verdict = ID_TOKEN,
  asks?: Record<string, string>,
): Module => ({
  name,
  plans,
  wrong,
  verdict,
  ...(asks && { asks }),
})

let decryption: { jwk: JWK; privateKey: CryptoKey }

const modules: Module[] = [
  accepted('oidcc-client-test', ['basic']),
  accepted('fapi1-advanced-final-client-test', ['fapi1']),
  accepted('fapi1-advanced-final-client-test', detached),
  accepted('happy-path', bound),
  accepted('happy-path-no-dpop-nonce', bound, { noNonce: true }),
  accepted('client-secret-basic', ['basic']),
  accepted('idtoken-sig-rs256', ['basic']),
  accepted('scope-userinfo-claims', ['basic']),
  accepted('userinfo-bearer-header', ['basic']),
  accepted('userinfo-signed', ['basic'], { signsUserInfo: true }),
  accepted('nonce-unless-code-flow', ['basic']),
  accepted('valid-aud-as-array', every, { idToken: having({ aud: [client_id] }) }),
  accepted('no-scope-in-token-endpoint-response', every, { tokenResponse: without('scope') }),
  accepted('token-endpoint-response-without-expires_in', every, { tokenResponse: without('expires_in') }),
  accepted('token-type-case-insensitivity', every, {
    tokenResponse: members => ({ ...members, token_type: String(members.token_type).toUpperCase() }),
  }),
  accepted('rs-dpop-auth-scheme-case-insensitivity', bound, { challengeScheme: 'dPoP' }),
  accepted('missing-athash', every, { idToken: without('at_hash') }),
  accepted('kid-absent-single-jwks', every, { idTokenSignature: 'no-kid', jwks: keys => keys.slice(0, 1) }),
  accepted('kid-absent-multiple-jwks', every, { idTokenSignature: 'no-kid' }),
  accepted('encrypted-idtoken', ['basic']),
  { ...accepted('hybrid flow', ['basic']), asks: hybrid },
  refused('encrypted-idtoken-usingrsa15', ['basic'], {}),
  refused(
    'discovery-issuer-mismatch',
    every,
    { metadata: having({ issuer: 'https://other.example' }) },
    'OAUTH_ISSUER_MISMATCH',
  ),
  refused('idtoken-sig-none', every, { idTokenSignature: 'none' }),
  refused('invalid-null-alg', every, { idTokenSignature: 'null-alg' }),
  refused('invalid-alternate-alg', every, { idTokenSignature: 'other-algorithm' }),
  refused('invalid-signature', every, { idTokenSignature: 'broken' }),
  refused('invalid-sig-rs256', ['basic'], { idTokenSignature: 'other-key' }),
  refused('invalid-sig-es256', fapi, { idTokenSignature: 'other-key' }),
  refused('invalid-sig-hs256', every, { idTokenSignature: 'HS256' }),
  refused('invalid-aud', every, { idToken: having({ aud: 'other' }) }),
  refused('invalid-secondary-aud', every, { idToken: having({ aud: [client_id, 'other'] }) }),
  refused('missing-aud', every, { idToken: without('aud') }),
  refused('invalid-missing-aud', every, { idToken: without('aud') }),
  refused('invalid-iss', every, { idToken: having({ iss: 'https://other.example' }) }),
  refused('invalid-missing-iss', every, { idToken: without('iss') }),
  refused('invalid-expired-exp', every, { idToken: members => ({ ...members, exp: now() - 3600 }) }),
  refused('invalid-missing-exp', every, { idToken: without('exp') }),
  refused('missing-iat', every, { idToken: without('iat') }),
  refused('missing-sub', every, { idToken: without('sub') }),
  refused('nonce-invalid', every, { idToken: having({ nonce: 'other' }) }),
  refused('invalid-nonce', every, { idToken: having({ nonce: 'other' }) }),
  refused('invalid-missing-nonce', every, { idToken: without('nonce') }),
  refused('userinfo-invalid-sub', every, { userInfo: having({ sub: 'mallory' }) }),
  refused(
    'ensure-authorization-response-with-invalid-state-fails',
    unsignedResponse,
    { callback: having({ state: 'x' }) },
    'OAUTH_STATE_MISMATCH',
  ),
  refused(
    'ensure-authorization-response-with-invalid-missing-state-fails',
    unsignedResponse,
    { callback: without('state') },
    'OAUTH_STATE_MISMATCH',
  ),
  refused(
    'invalid-authorization-response-iss',
    unsignedResponse,
    { callback: having({ iss: 'https://other.example' }) },
    'OAUTH_ISSUER_MISMATCH',
  ),
  refused(
    'remove-authorization-response-iss',
    unsignedResponse,
    { callback: without('iss') },
    'OAUTH_ISSUER_MISMATCH',
  ),
  refused('ensure-jarm-signature-is-not-none', signedResponse, { jarmSignature: 'none' }),
  refused('ensure-jarm-with-invalid-sig-fails', signedResponse, { jarmSignature: 'broken' }),
  refused('ensure-jarm-with-expired-exp-fails', signedResponse, {
    jarm: members => ({ ...members, exp: now() - 3600 }),
  }),
  refused('ensure-jarm-with-invalid-aud-fails', signedResponse, { jarm: having({ aud: 'other' }) }),
  refused('ensure-jarm-with-invalid-iss-fails', signedResponse, {
    jarm: having({ iss: 'https://other.example' }),
  }),
  refused('ensure-jarm-without-aud-fails', signedResponse, { jarm: without('aud') }),
  refused('ensure-jarm-without-exp-fails', signedResponse, { jarm: without('exp') }),
  refused('ensure-jarm-without-iss-fails', signedResponse, { jarm: without('iss') }),
  refused('invalid-chash', detached, { idToken: having({ c_hash: half('other') }) }),
  refused('missing-chash', detached, { idToken: without('c_hash') }),
  refused('invalid-shash', detached, { idToken: having({ s_hash: half('other') }) }),
  refused('invalid-missing-shash', detached, { idToken: without('s_hash') }),
  refused('iat-is-week-in-past', detached, {
    idToken: members => ({ ...members, iat: now() - 7 * 24 * 3600 }),
  }),
  refused('missing-chash', ['basic'], { idToken: without('c_hash') }, ID_TOKEN, hybrid),
  refused('invalid-chash', ['basic'], { idToken: having({ c_hash: half('other') }) }, ID_TOKEN, hybrid),
]

const algorithms = {
  basic: 'RS256',
  fapi1: 'PS256',
  'fapi1-hybrid': 'PS256',
  fapi2: 'PS256',
  'fapi2-signing': 'ES256',
}
const keys: Record<string, JWK> = {}
let provider: Awaited<ReturnType<typeof startProvider>>

async function makeRsaPair(alg: string) {
  const { publicKey, privateKey } = await generateKeyPair('RSA-OAEP-256', { extractable: true })
  return { jwk: { ...(await exportJWK(publicKey)), alg }, privateKey }
}

beforeAll(async () => {
  decryption = await makeRsaPair('RSA-OAEP-256')
  for (const alg of ['PS256', 'ES256']) {
    const { privateKey } = await generateKeyPair(alg, { extractable: true })
    keys[alg] = { ...(await exportJWK(privateKey)), kid: 'client' }
  }
})
afterEach(() => provider.close())

/** A client that is set up for the plan, as an application would do it. */
function clientOf(plan: Plan) {
  const { issuer } = provider
  const key = keys.PS256 as JsonWebKey
  if (plan === 'basic')
    return {
      session: {
        server: discover(issuer),
        client: { client_id, client_secret },
        clientAuth: clientSecretBasic(),
        openid: idTokenValidator({ decryptionKey: decryption.privateKey as globalThis.CryptoKey }),
      },
      parameters: {},
      transport: {},
      callback: {},
    }
  if (plan === 'fapi1')
    return {
      session: {
        server: discover(issuer),
        client: { client_id },
        clientAuth: privateKeyJwt({ key, alg: 'PS256' }),
        openid: idTokenValidator(),
      },
      parameters: { response_mode: 'jwt' },
      transport: { sign: requestObject({ key, alg: 'PS256' }), push: true },
      callback: { jwtResponse: jarm() },
    }
  if (plan === 'fapi1-hybrid')
    return {
      session: {
        server: discover(issuer),
        client: { client_id },
        clientAuth: privateKeyJwt({ key, alg: 'PS256' }),
        openid: idTokenValidator({ detachedSignature: true }),
      },
      parameters: hybrid,
      transport: { sign: requestObject({ key, alg: 'PS256' }), push: true },
      callback: {},
    }
  return fapi2({ issuer, client_id, key, messageSigning: plan === 'fapi2-signing' })
}

/** A whole sign-in with a look at the person afterwards. */
async function signIn(plan: Plan, asks: Record<string, string> = {}) {
  const { session: options, parameters, transport, callback } = clientOf(plan)
  const session = createOAuth2Session(options)
  const asked = { redirect_uri, scope: 'openid', ...parameters, ...asks }
  const { url, transaction } = await createAuthorizationUrl(session, asked, transport)
  const answer = await fetch(url, { redirect: 'manual' })
  const authorizationResponse = answer.headers.get('location') as string
  await fetchToken(session, authorizationCodeGrant({ authorizationResponse, transaction, ...callback }))
  return fetchUserInfo(session)
}

async function verdictOf(plan: Plan, asks?: Record<string, string>): Promise<Verdict> {
  try {
    const person = await signIn(plan, asks)
    expect(person.sub).toBe('anna')
    return 'accepts'
  } catch (error) {
    return (error as { code?: string }).code ?? `${error}`
  }
}

describe.each([...every, ...detached])('%s', plan => {
  test.each(modules.filter(({ plans }) => plans.includes(plan)))(
    '$name: $verdict',
    async ({ name, wrong, verdict, asks }) => {
      provider = await startProvider(algorithms[plan], client_id, client_secret)
      provider.misbehaviour = {
        ...wrong,
        ...(name.startsWith('encrypted-idtoken') && {
          encryptTo: name.endsWith('rsa15') ? { ...decryption.jwk, alg: 'RSA1_5' } : decryption.jwk,
        }),
      }
      expect(await verdictOf(plan, asks)).toBe(verdict)
    },
  )
})
