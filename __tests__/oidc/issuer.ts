import { createHash } from 'node:crypto'
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'
import type { ServerRequest, ServerResponse } from '../../src/server/call.js'

/** The key pairs of a test file by algorithm, because a new RSA key takes longer than most of the tests. */
const pairs = new Map<string, ReturnType<typeof generateKeyPair>[]>()

/** The first, second … key pair for an algorithm, the same for every issuer of a test file. */
function keyPair(alg: string, index: number): ReturnType<typeof generateKeyPair> {
  const made = pairs.get(alg) ?? []
  pairs.set(alg, made)
  made[index] ??= generateKeyPair(alg, { extractable: true })
  return made[index]
}

/** An OpenID provider reduced to what signs: keys, key set, ID tokens. */
export async function makeIssuer() {
  const keys = new Map<string, { privateKey: CryptoKey; publicJwk: JWK; alg: string }>()
  let added = 0
  const addKey = async (kid: string, alg = 'RS256') => {
    const { privateKey, publicKey } = await keyPair(alg, added++)
    keys.set(kid, { privateKey, publicJwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' }, alg })
  }
  await addKey('k1')
  const issuer = {
    now: 1_700_000_000,
    keys,
    addKey,
    requests: [] as string[],
    /** What jwks_uri answers, if not the keys. */
    jwks: undefined as { status?: number; body: string } | undefined,
    userinfo: undefined as { status?: number; body: string; type?: string } | undefined,
    server: {
      issuer: 'https://op.example',
      jwks_uri: 'https://op.example/jwks',
      token_endpoint: 'https://op.example/token',
      authorization_endpoint: 'https://op.example/authorize',
      userinfo_endpoint: 'https://op.example/me',
      end_session_endpoint: 'https://op.example/logout?tenant=1',
    },
    client: { client_id: 'app' } as { client_id: string; [parameter: string]: unknown },
    clock: () => issuer.now,
    send: async (request: ServerRequest): Promise<ServerResponse> => {
      issuer.requests.push(
        `${request.endpoint} ${request.url.pathname} ${request.headers.authorization ?? ''}`.trim(),
      )
      const respond = (status: number, body: string, type = 'application/json') => ({
        status,
        body,
        header: (name: string) => (name.toLowerCase() === 'content-type' ? type : undefined),
      })
      if (request.endpoint === 'jwks') {
        const {
          status = 200,
          body = JSON.stringify({ keys: [...keys.values()].map(({ publicJwk }) => publicJwk) }),
        } = issuer.jwks ?? {}
        return respond(status, body)
      }
      const { status = 200, body = '{"sub":"anna","name":"Anna"}', type } = issuer.userinfo ?? {}
      return respond(status, body, type)
    },
    claims: (extra: Record<string, unknown> = {}) => ({
      iss: 'https://op.example',
      sub: 'anna',
      aud: 'app',
      iat: issuer.now,
      exp: issuer.now + 300,
      nonce: 'n',
      ...extra,
    }),
    async sign(
      claims: Record<string, unknown>,
      header: { kid?: string; alg?: string; typ?: string } = {},
      by = 'k1',
    ) {
      const { privateKey, alg } = keys.get(by) as { privateKey: CryptoKey; alg: string }
      const present = Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined))
      return new SignJWT(present).setProtectedHeader({ alg, kid: by, ...header }).sign(privateKey)
    },
    context: (more: object = {}) => ({
      server: issuer.server,
      client: issuer.client,
      clock: issuer.clock,
      send: issuer.send,
      nonce: 'n',
      ...more,
    }),
  }
  return issuer
}

/** The left half of a SHA-256, as at_hash and c_hash are made. */
export const half = (text: string) =>
  createHash('sha256').update(text).digest().subarray(0, 16).toString('base64url')
