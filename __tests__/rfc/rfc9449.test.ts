import * as jose from 'jose'
import type { IncomingResponse, OutgoingRequest } from '../../src/auth/scheme.js'
import { pushAuthorizationRequest } from '../../src/authorization/pushed.js'
import { type DPoP, dpop } from '../../src/dpop.js'
import { callEndpoint, type EndpointName } from '../../src/server/call.js'
import { processTokenResponse } from '../../src/server/token-response.js'
import { answer, errorOf, NOW, scripted } from '../oauth2/support.js'

const API = 'https://api.example'
const token = { access_token: 'Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU', token_type: 'DPoP' }
// never the same bytes twice
let drawn = 0
const context = {
  clock: () => NOW + 0.9,
  random: (size: number) => {
    drawn++
    return Uint8Array.from({ length: size }, (_, at) => drawn >> (8 * at))
  },
  crypto: globalThis.crypto,
}

function outgoing(
  url: string,
  method = 'GET',
): OutgoingRequest & { headers: Record<string, string | undefined> } {
  const headers: Record<string, string | undefined> = {}
  return {
    method,
    url,
    data: undefined,
    signal: undefined,
    headers,
    header: name => headers[name.toLowerCase()],
    setHeader(name, value) {
      headers[name.toLowerCase()] = value
    },
  }
}

function incoming(status: number, headers: Record<string, string> = {}): IncomingResponse {
  return { status, header: name => headers[name.toLowerCase()], data: '', authenticated: true }
}

/** Signs one API request and answers what its proof says, having verified it. */
async function proofOf(type: DPoP, url: string, method = 'GET') {
  const request = outgoing(url, method)
  await type.authorize(request, token, context)
  return verified(request.headers.dpop)
}

async function verified(proof: string | undefined) {
  const { payload, protectedHeader } = await jose.jwtVerify(proof ?? '', jose.EmbeddedJWK, {
    typ: 'dpop+jwt',
  })
  return { ...payload, header: protectedHeader, proof } as jose.JWTPayload & {
    header: jose.JWTHeaderParameters
    proof: string
    nonce?: string
    ath?: string
  }
}

/** Calls an endpoint of the authorization server with `type`, and answers the requests that were sent. */
async function serverCalls(
  type: DPoP,
  answers = [answer(200)],
  endpoint: EndpointName = 'token',
  parameters = {},
) {
  const calls = scripted(answers, {
    tokenType: type,
    random: context.random,
    server: {
      token_endpoint: 'https://as.example/token',
      pushed_authorization_request_endpoint: 'https://as.example/par',
      revocation_endpoint: 'https://as.example/revoke',
      introspection_endpoint: 'https://as.example/introspect',
    },
  })
  const response = await callEndpoint(calls, endpoint, parameters)
  return { response, sent: calls.sent }
}

const nonceError = (nonce?: string) =>
  answer(400, { error: 'use_dpop_nonce' }, nonce ? { 'dpop-nonce': nonce } : {})
const nonceChallenge = (nonce: string) =>
  incoming(401, {
    'www-authenticate': 'Bearer, DPoP error="use_dpop_nonce", algs="ES256"',
    'dpop-nonce': nonce,
  })

describe('RFC 9449 OAuth 2.0 Demonstrating Proof of Possession', () => {
  test('section 4.1: a request carries one proof, in one DPoP header', async () => {
    const request = outgoing(`${API}/a`)
    const type = dpop()
    await type.authorize(request, token, context)
    await type.authorize(request, token, context)
    expect(request.headers.dpop).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/)
  })

  test.each(['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519', 'RS256', 'PS256'] as const)(
    'section 4.2: the header has typ dpop+jwt, an asymmetric alg (%s) and the public key alone',
    async alg => {
      const { header } = await proofOf(dpop({ alg }), `${API}/a`)
      expect(header).toMatchObject({ typ: 'dpop+jwt', alg })
      const members = { EC: ['crv', 'kty', 'x', 'y'], RSA: ['e', 'kty', 'n'], OKP: ['crv', 'kty', 'x'] }
      expect(Object.keys(header.jwk ?? {}).sort()).toEqual(members[header.jwk?.kty as 'EC'])
    },
  )

  test.each(['none', 'HS256', 'RS1'])('section 4.2: alg MUST NOT be none or symmetric: %s', async alg => {
    expect((await errorOf(() => dpop({ alg: alg as never }))).code).toBe('OAUTH_INVALID_OPTION')
  })

  test('section 4.2: the claims of an API request: jti, htm, htu, iat in whole seconds', async () => {
    const { jti, htm, htu, iat } = await proofOf(dpop(), `${API}/a`, 'DELETE')
    expect({ htm, htu, iat }).toEqual({ htm: 'DELETE', htu: `${API}/a`, iat: NOW })
    // 128 random bits
    expect(jti).toHaveLength(22)
  })

  test.each([
    [`${API}/a/b?c=d&e#f`, `${API}/a/b`],
    [`${API}/a#f?g`, `${API}/a`],
    [`${API}`, `${API}/`],
    [`${API}:443/a%20b?x`, `${API}/a%20b`],
    ['http://127.0.0.1:8080/a?b', 'http://127.0.0.1:8080/a'],
  ])('section 4.2: htu is the target URI without query and fragment: %s', async (url, htu) => {
    expect((await proofOf(dpop(), url)).htu).toBe(htu)
  })

  test('section 4.2: jti is another in every proof', async () => {
    const type = dpop()
    const proofs = await Promise.all(Array.from({ length: 200 }, () => proofOf(type, `${API}/a`)))
    expect(new Set(proofs.map(({ jti }) => jti)).size).toBe(200)
  })

  test('section 4.2: ath is the hash of the access token (the example of section 7.1), at the API only', async () => {
    const type = dpop()
    expect((await proofOf(type, `${API}/a`)).ath).toBe('fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo')
    const { sent } = await serverCalls(type)
    expect((await verified(sent[0]?.headers.DPoP)).ath).toBeUndefined()
  })

  test.each([
    { grant_type: 'authorization_code' },
    { grant_type: 'refresh_token' },
    { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer' },
  ])('section 5: a proof with every access token request: $grant_type', async parameters => {
    const { sent } = await serverCalls(dpop(), undefined, 'token', parameters)
    const { htm, htu, iat } = await verified(sent[0]?.headers.DPoP)
    expect({ htm, htu, iat }).toEqual({ htm: 'POST', htu: 'https://as.example/token', iat: NOW })
  })

  test('section 5: the same key for a refresh as for the grant, and for the API', async () => {
    const type = dpop()
    const first = await verified((await serverCalls(type)).sent[0]?.headers.DPoP)
    const refresh = await verified(
      (await serverCalls(type, undefined, 'token', { grant_type: 'refresh_token' })).sent[0]?.headers.DPoP,
    )
    const api = await proofOf(type, `${API}/a`)
    expect(refresh.header.jwk).toEqual(first.header.jwk)
    expect(api.header.jwk).toEqual(first.header.jwk)
    expect((await proofOf(dpop(), `${API}/a`)).header.jwk).not.toEqual(first.header.jwk)
  })

  test('section 5: an answer of another type than DPoP MUST be discarded, unless the application does not mind', async () => {
    const judge = (type: DPoP, token_type?: string) =>
      processTokenResponse(answer(200, { access_token: 'a', token_type }), {
        requestedAt: NOW,
        tokenType: type,
      })
    expect(judge(dpop(), 'dpop').access_token).toBe('a')
    for (const other of ['Bearer', 'mac', undefined])
      expect((await errorOf(() => judge(dpop(), other))).code).toBe('OAUTH_UNSUPPORTED_TOKEN_TYPE')
    expect(judge(dpop({ allowBearer: true }), 'Bearer').access_token).toBe('a')
    expect((await errorOf(() => judge(dpop({ allowBearer: true }), 'mac'))).code).toBe(
      'OAUTH_UNSUPPORTED_TOKEN_TYPE',
    )
  })

  test('section 5: a stored token of another type is not sent as DPoP, and as Bearer only where that is allowed', async () => {
    const request = outgoing(`${API}/a`)
    for (const token_type of ['Bearer', undefined]) {
      const stored = { access_token: 'a', ...(token_type && { token_type }) }
      const error = await errorOf(() => dpop().authorize(request, stored, context))
      expect(error.code).toBe('OAUTH_UNSUPPORTED_TOKEN_TYPE')
      expect(request.headers).toEqual({})
    }
    await dpop({ allowBearer: true }).authorize(request, { access_token: 'a', token_type: 'bearer' }, context)
    expect(request.headers).toEqual({ authorization: 'Bearer a' })
  })

  test('section 7.1: the access token is sent with the scheme DPoP', async () => {
    const request = outgoing(`${API}/a`)
    await dpop().authorize(request, { ...token, token_type: 'dPoP' }, context)
    expect(request.headers.authorization).toBe(`DPoP ${token.access_token}`)
  })

  test('section 7.1: unknown parameters of a challenge are ignored', () => {
    const headers = { 'www-authenticate': 'DPoP x="y, DPoP", error=use_dpop_nonce, z=1', 'dpop-nonce': 'n' }
    expect(dpop().learn?.(incoming(401, headers), outgoing(`${API}/a`))).toBe(true)
  })

  test('section 7.1: a challenge that asks for no nonce is no reason for another send', () => {
    const type = dpop()
    for (const challenge of [
      'DPoP error="invalid_token"',
      'DPoP algs="ES256"',
      'Bearer error="use_dpop_nonce"',
      'DPoP error_description="use_dpop_nonce"',
      '',
    ])
      expect(
        type.learn?.(
          incoming(401, { 'www-authenticate': challenge, 'dpop-nonce': 'n' }),
          outgoing(`${API}/a`),
        ),
      ).toBe(false)
    expect(
      type.learn?.(
        incoming(400, { 'www-authenticate': 'DPoP error="use_dpop_nonce"', 'dpop-nonce': 'n' }),
        outgoing(`${API}/a`),
      ),
    ).toBe(false)
    expect(
      type.learn?.(
        incoming(401, { 'www-authenticate': 'DPoP error="use_dpop_nonce"' }),
        outgoing(`${API}/a`),
      ),
    ).toBe(false)
  })

  test('section 7.3: another send is another proof', async () => {
    const type = dpop()
    const request = outgoing(`${API}/a`)
    await type.authorize(request, token, context)
    const first = request.headers.dpop
    expect(type.learn?.(nonceChallenge('n1'), request)).toBe(true)
    await type.authorize(request, token, context)
    expect(request.headers.dpop).not.toBe(first)
    expect((await verified(request.headers.dpop)).nonce).toBe('n1')
  })

  test('section 8: use_dpop_nonce is answered once, by a new proof with the nonce', async () => {
    const { response, sent } = await serverCalls(dpop(), [
      nonceError('eyJ7S_zG.eyJH0-Z.HX4w-7v'),
      answer(200, { ok: 1 }),
    ])
    expect(response.status).toBe(200)
    expect(sent).toHaveLength(2)
    const [first, second] = await Promise.all(sent.map(({ headers }) => verified(headers.DPoP)))
    expect(first?.nonce).toBeUndefined()
    expect(second?.nonce).toBe('eyJ7S_zG.eyJH0-Z.HX4w-7v')
    expect(second?.jti).not.toBe(first?.jti)
  })

  test('section 8: a server that always asks for a nonce is asked twice, not for ever', async () => {
    const { response, sent } = await serverCalls(dpop(), [
      nonceError('n1'),
      nonceError('n2'),
      nonceError('n3'),
    ])
    expect(response.status).toBe(400)
    expect(sent).toHaveLength(2)
  })

  test('section 8: an error without a nonce, another error and a body that is no JSON are final', async () => {
    for (const refusal of [
      nonceError(),
      answer(400, { error: 'invalid_dpop_proof' }, { 'dpop-nonce': 'n' }),
      answer(502, '<html>', { 'dpop-nonce': 'n' }),
    ])
      expect((await serverCalls(dpop(), [refusal, answer(200)])).sent).toHaveLength(1)
  })

  test.each(['a b', 'a"b', 'a\\b', 'ü', 'a, b', ''])(
    'section 8.1: a nonce of another syntax is not used: %p',
    async nonce => {
      const type = dpop()
      const { sent } = await serverCalls(type, [nonceError(nonce), answer(200)])
      expect(sent).toHaveLength(1)
      type.learn?.(incoming(200, { 'dpop-nonce': nonce }), outgoing(`${API}/a`))
      expect((await proofOf(type, `${API}/a`)).nonce).toBeUndefined()
    },
  )

  test('section 8.2: the client MUST use a new nonce from a good answer, and that one until the next', async () => {
    const type = dpop()
    const nonces = async () => (await verified((await serverCalls(type)).sent[0]?.headers.DPoP)).nonce
    await serverCalls(type, [answer(200, {}, { 'dpop-nonce': 'n1' })])
    expect([await nonces(), await nonces()]).toEqual(['n1', 'n1'])
    await serverCalls(type, [answer(200, {}, { 'dpop-nonce': 'n2' })])
    expect(await nonces()).toBe('n2')
  })

  test.each([200, 204, 302, 401, 403, 404, 500])(
    'section 9: a nonce is learnt from every answer of an API: %i',
    async status => {
      const type = dpop()
      expect(type.learn?.(incoming(status, { 'dpop-nonce': 'n' }), outgoing(`${API}/a`))).toBe(false)
      expect((await proofOf(type, `${API}/b`)).nonce).toBe('n')
    },
  )

  test('section 9: a nonce is used at the server that gave it and nowhere else', async () => {
    const type = dpop()
    type.learn?.(incoming(200, { 'dpop-nonce': 'one' }), outgoing(`${API}/a`))
    type.learn?.(incoming(200, { 'dpop-nonce': 'two' }), outgoing('https://other.example/a'))
    expect((await proofOf(type, `${API}/b`)).nonce).toBe('one')
    expect((await proofOf(type, 'https://other.example/b')).nonce).toBe('two')
    expect((await proofOf(type, `${API}:8443/b`)).nonce).toBeUndefined()
    expect((await proofOf(type, 'http://api.example/b')).nonce).toBeUndefined()
  })

  test('section 9: the nonces of an authorization server and of an API are not confused, even on one origin', async () => {
    const type = dpop()
    await serverCalls(type, [answer(200, {}, { 'dpop-nonce': 'server' })])
    expect((await proofOf(type, 'https://as.example/api')).nonce).toBeUndefined()
    type.learn?.(incoming(200, { 'dpop-nonce': 'api' }), outgoing('https://as.example/api'))
    expect((await verified((await serverCalls(type)).sent[0]?.headers.DPoP)).nonce).toBe('server')
    expect((await proofOf(type, 'https://as.example/api')).nonce).toBe('api')
  })

  test('section 9: what a redirect to a place without credentials answered teaches nothing', async () => {
    const type = dpop()
    const elsewhere = { ...nonceChallenge('n'), authenticated: false }
    expect(type.learn?.(elsewhere, outgoing(`${API}/a`))).toBe(false)
    expect((await proofOf(type, `${API}/a`)).nonce).toBeUndefined()
  })

  test('section 9: of very many servers the one longest unheard is forgotten', async () => {
    const type = dpop()
    const at = (n: number) => `https://api${n}.example/`
    for (let n = 0; n < 100; n++) type.learn?.(incoming(200, { 'dpop-nonce': `n${n}` }), outgoing(at(n)))
    type.learn?.(incoming(200, { 'dpop-nonce': 'again' }), outgoing(at(0)))
    type.learn?.(incoming(200, { 'dpop-nonce': 'new' }), outgoing(at(100)))
    expect((await proofOf(type, at(0))).nonce).toBe('again')
    expect((await proofOf(type, at(1))).nonce).toBeUndefined()
    expect((await proofOf(type, at(2))).nonce).toBe('n2')
  })

  test("section 10: dpop_jkt is the key's SHA-256 thumbprint (the example of section 6.1)", async () => {
    const example = {
      kty: 'EC',
      x: 'l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs',
      y: '9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA',
      crv: 'P-256',
    }
    const parameters = { name: 'ECDSA', namedCurve: 'P-256' }
    const publicKey = await crypto.subtle.importKey('jwk', example, parameters, true, ['verify'])
    const { privateKey } = await crypto.subtle.generateKey(parameters, false, ['sign', 'verify'])
    const type = dpop({ key: { privateKey, publicKey } })
    expect(await type.thumbprint()).toBe('0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I')
    expect(await type.authorizationParameters?.(context)).toEqual({
      dpop_jkt: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I',
    })
  })

  test.each(['ES256', 'EdDSA', 'RS256'] as const)(
    'section 10: the thumbprint is what jose makes of the key of the proofs: %s',
    async alg => {
      const type = dpop({ alg })
      const { header } = await proofOf(type, `${API}/a`)
      expect(await type.thumbprint(context)).toBe(await jose.calculateJwkThumbprint(header.jwk as jose.JWK))
    },
  )

  test('section 10: a code is bound only to a key that is there when the user comes back', async () => {
    expect(await dpop().authorizationParameters?.(context)).toEqual({})
    expect(await dpop({ bindCode: true }).authorizationParameters?.(context)).toHaveProperty('dpop_jkt')
  })

  test('section 10.1: a pushed request carries a proof for the same key, and its nonce is learnt', async () => {
    const push = async (type: DPoP) => {
      const calls = scripted([nonceError('n'), answer(201, { request_uri: 'urn:x', expires_in: 60 })], {
        tokenType: type,
        server: { pushed_authorization_request_endpoint: 'https://as.example/par' },
      })
      await pushAuthorizationRequest(calls, { response_type: 'code' }).catch(() => {})
      return calls.sent
    }
    const type = dpop({ bindCode: true })
    const sent = await push(type)
    expect(sent).toHaveLength(2)
    const proof = await verified(sent[1]?.headers.DPoP)
    expect(proof).toMatchObject({ htu: 'https://as.example/par', htm: 'POST', nonce: 'n' })
    expect(await jose.calculateJwkThumbprint(proof.header.jwk as jose.JWK)).toBe(
      await type.thumbprint(context),
    )
    expect((await push(dpop()))[0]?.headers.DPoP).toBeUndefined()
  })

  test('section 6.2: revocation and introspection carry no proof', async () => {
    for (const endpoint of ['revocation', 'introspection'] as const)
      expect((await serverCalls(dpop(), undefined, endpoint)).sent[0]?.headers.DPoP).toBeUndefined()
  })

  test('section 11.4: the key cannot be read out', async () => {
    let made: CryptoKeyPair | undefined
    await dpop({ key: async make => (made = await make()) }).thumbprint(context)
    expect(made?.privateKey.extractable).toBe(false)
    await expect(crypto.subtle.exportKey('jwk', made?.privateKey as CryptoKey)).rejects.toThrow()
  })
})

describe('the key of dpop()', () => {
  const jktOf = async (type: DPoP) => type.thumbprint(context)

  test('is made once, also for callers that come at once', async () => {
    const type = dpop()
    expect(new Set(await Promise.all([jktOf(type), jktOf(type), jktOf(type)])).size).toBe(1)
  })

  /** A store that keeps key pairs, as the one for IndexedDB does. */
  const keeper = () => {
    let kept: CryptoKeyPair | undefined
    return async (make: () => Promise<CryptoKeyPair>) => structuredClone((kept ??= await make()))
  }

  test('is kept where the store can keep it, and found there after a reload and in another tab', async () => {
    const keyPair = keeper()
    const before = dpop()
    const after = dpop()
    expect(await before.thumbprint({ ...context, keyPair })).toBe(
      await after.thumbprint({ ...context, keyPair }),
    )
    expect((await proofOf(after, `${API}/a`)).header.jwk).toEqual(
      (await proofOf(before, `${API}/a`)).header.jwk,
    )
    expect(await after.authorizationParameters?.({ ...context, keyPair })).toHaveProperty('dpop_jkt')
  })

  test('given as a private JWK or by a function: that one is used, with any store', async () => {
    const { privateKey } = await jose.generateKeyPair('ES256', { extractable: true })
    const jwk = (await jose.exportJWK(privateKey)) as JsonWebKey
    const expected = await jose.calculateJwkThumbprint(jwk as jose.JWK)
    for (const key of [jwk, () => jwk, async () => jwk])
      expect(await dpop({ key }).thumbprint({ ...context, keyPair: keeper() })).toBe(expected)
  })

  test('can be made so that it can be written down, where a store holds text only', async () => {
    let text = ''
    const key = async (make: (extractable?: boolean) => Promise<CryptoKeyPair>) => {
      if (!text) text = JSON.stringify(await crypto.subtle.exportKey('jwk', (await make(true)).privateKey))
      return JSON.parse(text) as JsonWebKey
    }
    for (const alg of ['ES256', 'RS256', 'EdDSA'] as const) {
      text = ''
      expect(await jktOf(dpop({ key, alg }))).toBe(await jktOf(dpop({ key, alg })))
    }
  })

  test('a function that failed is asked again', async () => {
    const jwk = (await jose.exportJWK(
      (
        await jose.generateKeyPair('ES256', { extractable: true })
      ).privateKey,
    )) as JsonWebKey
    let calls = 0
    const type = dpop({
      key: async () => {
        if (++calls === 1) throw new Error('the database is closed')
        return jwk
      },
    })
    await expect(jktOf(type)).rejects.toThrow('the database is closed')
    expect(await jktOf(type)).toHaveLength(43)
  })

  test('that does not fit the algorithm is refused, without showing it', async () => {
    const { privateKey } = await jose.generateKeyPair('ES384', { extractable: true })
    const jwk = (await jose.exportJWK(privateKey)) as JsonWebKey
    const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-384' }, false, [
      'sign',
      'verify',
    ])
    const { d, ...publicJwk } = jwk
    for (const key of [
      jwk,
      publicJwk,
      pair,
      { privateKey: pair.publicKey, publicKey: pair.publicKey },
      { kty: 'oct', k: 'AAAA' },
    ]) {
      const error = await errorOf(() => jktOf(dpop({ key })))
      expect(error.code).toBe('OAUTH_INVALID_OPTION')
      expect(error.message).not.toContain(d)
    }
  })
})
