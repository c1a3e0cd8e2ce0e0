/**
 * One OpenID provider on loopback with a switch for each misbehaviour that a client must notice. What is
 * signed is signed by jose, so that the package is not its own judge.
 */
import {
  constants,
  createCipheriv,
  createHash,
  createPublicKey,
  publicEncrypt,
  randomBytes,
  randomUUID,
} from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { CompactEncrypt, decodeJwt, exportJWK, generateKeyPair, type JWK, SignJWT, UnsecuredJWT } from 'jose'

type Claims = Record<string, unknown>
type Change = (members: Claims) => Claims

/** What the provider does wrong; everything else it does right. */
export interface Misbehaviour {
  metadata?: Change
  /** Parameters of the authorization response. */
  callback?: Change
  /** Claims of the authorization response as a JWT. */
  jarm?: Change
  /** How that is signed. */
  jarmSignature?: Signature
  tokenResponse?: Change
  idToken?: Change
  idTokenSignature?: Signature
  encryptTo?: JWK
  jwks?: (keys: JWK[]) => JWK[]
  userInfo?: Change
  signsUserInfo?: boolean
  noNonce?: boolean
  /** The API's own spelling of the authorization scheme in its challenge. */
  challengeScheme?: string
}

/** A signature that is not the provider's usual one. */
export type Signature = 'none' | 'broken' | 'other-key' | 'HS256' | 'no-kid' | 'null-alg' | 'other-algorithm'

export const half = (text: unknown) =>
  createHash('sha256').update(String(text)).digest().subarray(0, 16).toString('base64url')
export const without =
  (name: string): Change =>
  members =>
    Object.fromEntries(Object.entries(members).filter(([key]) => key !== name))
export const having =
  (more: Claims): Change =>
  members => ({ ...members, ...more })

const same: Change = members => members
const seconds = () => Math.floor(Date.now() / 1000)

async function bodyOf(request: IncomingMessage): Promise<URLSearchParams> {
  let text = ''
  for await (const chunk of request) text += chunk
  return new URLSearchParams(text)
}

/** Encryption with the padding of PKCS #1 1.5, which jose does not offer. */
function encryptWithOldPadding(text: string, key: JWK): string {
  const encoded = (value: Buffer) => value.toString('base64url')
  const head = encoded(Buffer.from(JSON.stringify({ alg: 'RSA1_5', enc: 'A256GCM', cty: 'JWT' })))
  const [contentKey, iv] = [randomBytes(32), randomBytes(12)]
  const padding = constants.RSA_PKCS1_PADDING
  const wrapped = publicEncrypt(
    { key: createPublicKey({ key: key as never, format: 'jwk' }), padding },
    contentKey,
  )
  const cipher = createCipheriv('aes-256-gcm', contentKey, iv).setAAD(Buffer.from(head))
  const body = Buffer.concat([cipher.update(text), cipher.final()])
  return [head, ...[wrapped, iv, body, cipher.getAuthTag()].map(encoded)].join('.')
}

type Key = Awaited<ReturnType<typeof makeKey>>
const made = new Map<string, Promise<Key>>()

/** A key of one role, made once: RSA keys take their time. */
function keyOf(alg: string, role: string, kid = role): Promise<Key> {
  const key = made.get(alg + role) ?? makeKey(alg, kid)
  made.set(alg + role, key)
  return key
}

async function makeKey(alg: string, kid: string) {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
  return { privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' }, alg, kid }
}

/** Starts the provider; `alg` signs its tokens. */
export async function startProvider(alg: string, client_id: string, client_secret: string) {
  const key = await keyOf(alg, 'provider')
  const stranger = await keyOf(alg, 'stranger', 'provider')
  const other = await keyOf(alg === 'ES256' ? 'PS256' : 'ES256', 'other')
  const pushed = new Map<string, Claims>()
  const codes = new Map<string, Claims>()
  const seen: Array<{ path: string; headers: IncomingMessage['headers']; body: URLSearchParams }> = []
  const provider = { issuer: '', misbehaviour: {} as Misbehaviour, seen, close: () => {}, publicKey: key.jwk }

  async function sign(claims: Claims, how?: Signature): Promise<string> {
    if (how === 'none') return new UnsecuredJWT(claims).encode()
    if (how === 'HS256')
      return new SignJWT(claims).setProtectedHeader({ alg: how }).sign(Buffer.from(client_secret))
    const by = { 'other-key': stranger, 'other-algorithm': other }[how as string] ?? key
    const header = { alg: by.alg, ...(how !== 'no-kid' && { kid: by.kid }) }
    const jwt = await new SignJWT(claims).setProtectedHeader(header).sign(by.privateKey)
    const [head, payload, signature = ''] = jwt.split('.')
    if (how === 'broken') return `${head}.${payload}.${signature[0] === 'A' ? 'B' : 'A'}${signature.slice(1)}`
    if (how === 'null-alg')
      return `${Buffer.from('{"alg":null,"kid":"provider"}').toString('base64url')}.${payload}.${signature}`
    return jwt
  }

  const address = (path: string) => `${provider.issuer}${path}`
  const metadata = () => ({
    issuer: provider.issuer,
    authorization_endpoint: address('/authorize'),
    token_endpoint: address('/token'),
    userinfo_endpoint: address('/userinfo'),
    jwks_uri: address('/jwks'),
    pushed_authorization_request_endpoint: address('/par'),
    authorization_response_iss_parameter_supported: true,
    code_challenge_methods_supported: ['S256'],
    id_token_signing_alg_values_supported: [alg],
    authorization_signing_alg_values_supported: [alg],
    userinfo_signing_alg_values_supported: [alg],
  })

  async function callback(parameters: Claims): Promise<string> {
    const { misbehaviour: wrong, issuer: iss } = provider
    const code = randomUUID()
    codes.set(code, parameters)
    const url = new URL(String(parameters.redirect_uri))
    const { state, nonce } = parameters
    let answer: Claims = { code, state }
    if (parameters.response_mode === 'jwt') {
      const claims = { ...answer, iss, aud: client_id, exp: seconds() + 300 }
      answer = { response: await sign((wrong.jarm ?? same)(claims), wrong.jarmSignature) }
    } else {
      answer.iss = iss
      if (`${parameters.response_type}`.includes('id_token'))
        answer.id_token = await idToken({ nonce, c_hash: half(code), s_hash: half(state) })
      answer = (wrong.callback ?? same)(answer)
    }
    const query = new URLSearchParams(answer as Record<string, string>)
    if (answer.id_token) url.hash = `${query}`
    else url.search = `${query}`
    return url.href
  }

  async function idToken(more: Claims): Promise<string> {
    const { misbehaviour: wrong, issuer: iss } = provider
    const now = seconds()
    const claims = { iss, sub: 'anna', aud: client_id, iat: now, exp: now + 300, ...more }
    const signed = await sign((wrong.idToken ?? same)(claims), wrong.idTokenSignature)
    if (!wrong.encryptTo) return signed
    if (wrong.encryptTo.alg === 'RSA1_5') return encryptWithOldPadding(signed, wrong.encryptTo)
    return new CompactEncrypt(Buffer.from(signed))
      .setProtectedHeader({ alg: wrong.encryptTo.alg as string, enc: 'A256GCM', cty: 'JWT' })
      .encrypt(wrong.encryptTo)
  }

  /** True when a proof still lacks the server's nonce; the answer asks for it then. */
  function asksForNonce(proof: unknown, response: ServerResponse): boolean {
    if (typeof proof !== 'string' || provider.misbehaviour.noNonce) return false
    response.setHeader('DPoP-Nonce', 'n-1')
    return decodeJwt(proof).nonce !== 'n-1'
  }

  const send = (response: ServerResponse, status: number, body: unknown) => {
    response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body))
  }

  const endpoints: Record<
    string,
    (request: IncomingMessage, response: ServerResponse, body: URLSearchParams) => unknown
  > = {
    '/.well-known/openid-configuration': (_, response) =>
      send(response, 200, (provider.misbehaviour.metadata ?? same)(metadata())),
    '/jwks': (_, response) =>
      send(response, 200, { keys: (provider.misbehaviour.jwks ?? (keys => keys))([key.jwk, other.jwk]) }),
    '/par': (request, response, body) => {
      if (asksForNonce(request.headers.dpop, response))
        return send(response, 400, { error: 'use_dpop_nonce' })
      const request_uri = `urn:request:${randomUUID()}`
      const signed = body.get('request')
      pushed.set(request_uri, signed ? decodeJwt(signed) : Object.fromEntries(body))
      send(response, 201, { request_uri, expires_in: 60 })
    },
    '/authorize': async (request, response) => {
      const query = new URL(request.url ?? '', provider.issuer).searchParams
      const parameters = pushed.get(query.get('request_uri') ?? '') ?? Object.fromEntries(query)
      response.writeHead(303, { Location: await callback(parameters) }).end()
    },
    '/token': async (request, response, body) => {
      if (asksForNonce(request.headers.dpop, response))
        return send(response, 400, { error: 'use_dpop_nonce' })
      const { nonce } = codes.get(body.get('code') ?? '') ?? {}
      const access_token = randomUUID()
      const answer = {
        access_token,
        token_type: request.headers.dpop ? 'DPoP' : 'Bearer',
        expires_in: 300,
        scope: 'openid',
        id_token: await idToken({ nonce, at_hash: half(access_token) }),
      }
      send(response, 200, (provider.misbehaviour.tokenResponse ?? same)(answer))
    },
    '/userinfo': async (request, response) => {
      if (asksForNonce(request.headers.dpop, response)) {
        const scheme = provider.misbehaviour.challengeScheme ?? 'DPoP'
        response.setHeader('WWW-Authenticate', `${scheme} error="use_dpop_nonce"`)
        return send(response, 401, {})
      }
      const claims = (provider.misbehaviour.userInfo ?? same)({ sub: 'anna', name: 'Anna' })
      if (!provider.misbehaviour.signsUserInfo) return send(response, 200, claims)
      const jwt = await sign({ ...claims, iss: provider.issuer, aud: client_id })
      response.writeHead(200, { 'Content-Type': 'application/jwt' }).end(jwt)
    },
  }

  const server = createServer(async (request, response) => {
    const path = new URL(request.url ?? '', 'http://x').pathname
    const body = await bodyOf(request)
    seen.push({ path, headers: request.headers, body })
    const endpoint = endpoints[path]
    if (endpoint) await endpoint(request, response, body)
    else send(response, 404, {})
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  provider.issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  provider.close = () => {
    server.close()
    server.closeAllConnections()
  }
  return provider
}
