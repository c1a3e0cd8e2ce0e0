// The certified oidc-provider in a process of its own: it is an ES module, wants newer globals than Node 18
// and 20 have, and takes its time from a clock that we can set forward. Started by oidc.ts, which talks to it
// over the IPC channel.
import * as crypto from 'node:crypto'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import * as https from 'node:https'
import { register } from 'node:module'

// Node 20 lacks it
URL.parse ??= (url, base) => {
  try {
    return new URL(url, base)
  } catch {
    return null
  }
}

// Node 18 lacks both. A module of Node cannot be added to, so the provider gets another one under its name
globalThis.crypto ??= crypto.webcrypto
if (!('hash' in crypto)) {
  const source = text => `data:text/javascript,${encodeURIComponent(text)}`
  const shim = source(`
    import { createHash } from 'node:crypto'
    export * from 'node:crypto'
    export const hash = (algorithm, data, encoding = 'hex') =>
      createHash(algorithm).update(data).digest(encoding === 'buffer' ? undefined : encoding)`)
  register(
    source(`
    export const resolve = (specifier, context, next) =>
      specifier === 'node:crypto' && context.parentURL?.includes('/oidc-provider/lib/')
        ? { url: ${JSON.stringify(shim)}, shortCircuit: true }
        : next(specifier, context)`),
  )
}

const realNow = Date.now
let offset = 0
Date.now = () => realNow() + offset * 1000

const { default: Provider, errors } = await import('oidc-provider')
const { importJWK } = await import('jose')

const jwk = (type, options, extra) => {
  const { privateKey } = generateKeyPairSync(type, options)
  return { ...privateKey.export({ format: 'jwk' }), ...extra }
}
const publicPart = ({ kty, crv, x, y, n, e, alg, kid, use }) => ({ kty, crv, x, y, n, e, alg, kid, use })

/** The same provider behind another address, where a client certificate is asked for. */
async function startMutual({ key, cert, ca }) {
  const server = https.createServer({ key, cert, ca, requestCert: true, rejectUnauthorized: false })
  await new Promise(resolve => server.listen(0, 'localhost', resolve))
  const url = `https://localhost:${server.address().port}`
  const certificate = ctx => ctx.socket.getPeerX509Certificate?.()
  return {
    server,
    aliases: {
      token_endpoint: `${url}/token`,
      revocation_endpoint: `${url}/token/revocation`,
      introspection_endpoint: `${url}/token/introspection`,
      pushed_authorization_request_endpoint: `${url}/request`,
      userinfo_endpoint: `${url}/me`,
    },
    certificate,
    feature: {
      enabled: true,
      certificateBoundAccessTokens: true,
      selfSignedTlsClientAuth: true,
      tlsClientAuth: true,
      getCertificate: certificate,
      certificateAuthorized: ctx => ctx.socket.authorized,
      certificateSubjectMatches(ctx, property, expected) {
        const found = certificate(ctx)
        return property === 'tls_client_auth_san_dns'
          ? found.checkHost(expected, { subject: 'never' }) !== undefined
          : found.subject.split('\n').reverse().join(',') === expected
      },
    },
  }
}

async function start(options) {
  const {
    port,
    accessTokenTTL,
    refreshTokenTTL,
    redirectUris,
    dpopNonce,
    clients: extraClients,
    features: extra,
    tls,
    attester,
    asks,
    severs,
  } = options
  const server = tls ? https.createServer({ key: tls.key, cert: tls.cert }) : createServer()
  await new Promise(resolve => server.listen(port, '127.0.0.1', resolve))
  const issuer = `http${tls ? 's' : ''}://127.0.0.1:${server.address().port}`
  const mutual = tls && (await startMutual(tls))
  const attesterKey = attester && (await importJWK(attester, 'ES256'))

  const secret = () => randomBytes(32).toString('base64url')
  const clientKey = jwk('ec', { namedCurve: 'P-256' }, { kid: 'client', alg: 'ES256', use: 'sig' })
  const code = {
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    redirect_uris: redirectUris,
  }
  const device = 'urn:ietf:params:oauth:grant-type:device_code'
  const ciba = 'urn:openid:params:grant-type:ciba'
  const none = { redirect_uris: [], response_types: [] }
  const logout = { post_logout_redirect_uris: redirectUris }
  const clients = [
    { client_id: 'spa', token_endpoint_auth_method: 'none', ...code, ...logout },
    {
      client_id: 'web',
      client_secret: secret(),
      token_endpoint_auth_method: 'client_secret_basic',
      ...code,
      ...logout,
      introspection_signed_response_alg: 'RS256',
    },
    {
      client_id: 'web-post',
      client_secret: secret(),
      token_endpoint_auth_method: 'client_secret_post',
      ...code,
    },
    {
      client_id: 'web-secret-jwt',
      client_secret: secret(),
      token_endpoint_auth_method: 'client_secret_jwt',
      ...code,
      grant_types: [...code.grant_types, 'client_credentials'],
    },
    {
      client_id: 'web-private-jwt',
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [publicPart(clientKey)] },
      ...code,
      grant_types: [...code.grant_types, 'client_credentials'],
    },
    {
      client_id: 'machine',
      client_secret: secret(),
      token_endpoint_auth_method: 'client_secret_basic',
      grant_types: ['client_credentials'],
      ...none,
    },
    // The API itself: it may introspect everybody's tokens
    {
      client_id: 'api',
      client_secret: secret(),
      token_endpoint_auth_method: 'client_secret_basic',
      grant_types: [],
      ...none,
    },
    { client_id: 'tv', token_endpoint_auth_method: 'none', grant_types: [device, 'refresh_token'], ...none },
    {
      client_id: 'till',
      client_secret: secret(),
      token_endpoint_auth_method: 'client_secret_basic',
      grant_types: [ciba, 'refresh_token'],
      backchannel_token_delivery_mode: 'poll',
      ...none,
    },
    {
      client_id: 'dpop-spa',
      token_endpoint_auth_method: 'none',
      dpop_bound_access_tokens: true,
      ...code,
      grant_types: [...code.grant_types],
    },
    ...extraClients,
  ]

  const stats = {
    tokenRequests: 0,
    byGrant: {},
    consumed: 0,
    reuse: 0,
    grantsRevoked: 0,
    introspections: 0,
    revocations: 0,
    authorizations: 0,
    events: [],
    calls: [],
  }

  const provider = new Provider(issuer, {
    clients,
    // Their lifetimes and rotation are what the tests are about; the rest is the provider's default
    ttl: {
      AccessToken: accessTokenTTL,
      ClientCredentials: accessTokenTTL,
      RefreshToken: refreshTokenTTL,
      IdToken: 3600,
      Grant: 14 * 86400,
      Session: 14 * 86400,
      Interaction: 3600,
      DeviceCode: 600,
      BackchannelAuthenticationRequest: 600,
    },
    rotateRefreshToken: true,
    issueRefreshToken: async (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    expiresWithSession: () => false,
    pkce: { required: () => true },
    scopes: ['openid', 'offline_access', 'profile', 'read', 'write'],
    claims: { openid: ['sub'], profile: ['name'] },
    cookies: { keys: [secret()] },
    jwks: {
      keys: [
        jwk('rsa', { modulusLength: 2048 }, { kid: 'rsa', alg: 'RS256', use: 'sig' }),
        jwk('ec', { namedCurve: 'P-256' }, { kid: 'ec', alg: 'ES256', use: 'sig' }),
      ],
    },
    findAccount: (_ctx, sub) => ({ accountId: sub, claims: async () => ({ sub, name: `${sub} Example` }) }),
    interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
    clientBasedCORS: () => true,
    ...(mutual && { discovery: { mtls_endpoint_aliases: mutual.aliases } }),
    clientAuthMethods: [
      'none',
      'client_secret_basic',
      'client_secret_post',
      'client_secret_jwt',
      'private_key_jwt',
      ...(mutual ? ['tls_client_auth', 'self_signed_tls_client_auth'] : []),
      ...(attester ? ['attest_jwt_client_auth'] : []),
    ],
    enabledJWA: {
      clientAuthSigningAlgValues: ['HS256', 'RS256', 'PS256', 'ES256', 'Ed25519', 'EdDSA'],
    },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      introspection: {
        enabled: true,
        allowedPolicy: (_ctx, client, token) =>
          client.clientAuthMethod !== 'none' || token.clientId === client.clientId,
      },
      revocation: {
        enabled: true,
        allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId,
      },
      jwtIntrospection: { enabled: true },
      deviceFlow: {
        enabled: true,
        userCodeInputSource: (ctx, form) => page(ctx, form),
        userCodeConfirmSource: (ctx, form) => page(ctx, form),
        successSource: ctx => page(ctx, '<p>The device is signed in.</p>'),
      },
      pushedAuthorizationRequests: { enabled: true },
      dPoP: {
        enabled: true,
        ...(dpopNonce || attester ? { nonceSecret: randomBytes(32), requireNonce: () => !!dpopNonce } : {}),
      },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: (ctx, form) =>
          page(
            ctx,
            form.replace(
              '</form>',
              '<input type="hidden" name="logout" value="yes"/><button id="agree">Sign out</button></form>',
            ),
          ),
        postLogoutSuccessSource: ctx => page(ctx, '<p>Signed out.</p>'),
      },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => undefined,
        useGrantedResource: () => true,
        getResourceServerInfo: (_ctx, resource) => ({
          scope: 'read write',
          audience: resource,
          accessTokenTTL,
          accessTokenFormat: 'opaque',
        }),
      },
      ciba: {
        enabled: true,
        deliveryModes: ['poll'],
        processLoginHint: async (_ctx, hint) => hint,
        processLoginHintToken: async () => undefined,
        validateBindingMessage: async () => {},
        validateRequestContext: async () => {},
        verifyUserCode: async () => {},
        triggerAuthenticationDevice: async (_ctx, request) => void backchannel.push(request.jti),
      },
      ...(mutual && { mTLS: mutual.feature }),
      ...(attester && {
        attestClientAuth: {
          enabled: true,
          ack: 'draft-12',
          challengeSecret: randomBytes(32),
          getAttestationSignaturePublicKey: async () => attesterKey,
          assertAttestationJwtAndPop: async () => {},
        },
      }),
      ...extra,
    },
    renderError: (ctx, out) =>
      page(
        ctx,
        `<pre>${Object.entries(out)
          .map(pair => pair.join(': '))
          .join('\n')}</pre>`,
      ),
  })
  const backchannel = []

  function page(ctx, html) {
    ctx.type = 'html'
    ctx.body = `<!doctype html><title>Sign in</title>${html}`
  }

  for (const name of [
    'refresh_token.consumed',
    'grant.revoked',
    'grant.error',
    'access_token.issued',
    'access_token.saved',
    'server_error',
  ])
    provider.on(name, (...args) => {
      const error = args.find(arg => arg instanceof Error)
      stats.events.push(error ? `${name}: ${error.message} ${error.error_detail ?? ''}`.trim() : name)
      if (name === 'refresh_token.consumed') stats.consumed += 1
      if (name === 'grant.revoked') stats.grantsRevoked += 1
      if (/already used|already consumed/.test(error?.error_detail ?? '')) stats.reuse += 1
    })

  let held
  provider.use(async (ctx, next) => {
    if (ctx.path === '/token') stats.tokenRequests += 1
    if (ctx.path === '/token/introspection') stats.introspections += 1
    if (ctx.path === '/token/revocation') stats.revocations += 1
    if (ctx.path === '/auth') stats.authorizations += 1
    await next()
    if (mutual && ctx.method === 'POST')
      stats.calls.push({
        host: ctx.host,
        path: ctx.path,
        status: ctx.status,
        client_id: ctx.oidc?.entities?.Client?.clientId,
        method: ctx.oidc?.entities?.Client?.clientAuthMethod,
        certificate: mutual.certificate(ctx)?.fingerprint256,
      })
    if (ctx.path === '/token') {
      const grant = ctx.oidc?.params?.grant_type ?? 'none'
      stats.byGrant[grant] = (stats.byGrant[grant] ?? 0) + 1
      if (held) await held.promise
    }
  })

  /** A page that waits for the person's click. */
  const ask = response =>
    response
      .writeHead(200, {
        'content-type': 'text/html; charset=utf-8',
        ...(severs && { 'cross-origin-opener-policy': 'same-origin' }),
      })
      .end(
        '<title>Sign in</title><form method="post" action=""><button id="agree">Agree as anna</button></form>',
      )

  /** The person at the browser: signs in as the hinted user and agrees to everything. */
  async function interact(request, response) {
    const { prompt, params, session, grantId } = await provider.interactionDetails(request, response)
    if (prompt.name === 'login') {
      const login = { accountId: params.login_hint || 'anna' }
      return provider.interactionFinished(request, response, { login }, { mergeWithLastSubmission: false })
    }
    const grant = grantId
      ? await provider.Grant.find(grantId)
      : new provider.Grant({ accountId: session.accountId, clientId: params.client_id })
    const { missingOIDCScope, missingOIDCClaims, missingResourceScopes } = prompt.details
    if (missingOIDCScope) grant.addOIDCScope(missingOIDCScope.join(' '))
    if (missingOIDCClaims) grant.addOIDCClaims(missingOIDCClaims)
    for (const [resource, scopes] of Object.entries(missingResourceScopes ?? {}))
      grant.addResourceScope(resource, scopes.join(' '))
    const consent = { grantId: await grant.save() }
    return provider.interactionFinished(request, response, { consent }, { mergeWithLastSubmission: true })
  }

  const callback = provider.callback()
  mutual?.server.on('request', callback)
  server.on('request', (request, response) => {
    if (!request.url.startsWith('/interaction/')) return callback(request, response)
    if (asks && request.method === 'GET') return ask(response)
    interact(request, response).catch(error => {
      response.writeHead(500, { 'content-type': 'text/plain' })
      response.end(String(error?.stack ?? error))
    })
  })

  return {
    issuer,
    clients: Object.fromEntries(
      clients.map(client => [
        client.client_id,
        client.client_id === 'web-private-jwt' ? { ...client, key: clientKey } : client,
      ]),
    ),
    methods: {
      stats: () => stats,
      /** Sets the clock of this process forward. */
      advance(seconds) {
        offset += seconds
      },
      /** An administrator revokes one access token; its refresh token stays. */
      async revokeAccessToken(token) {
        const found =
          (await provider.AccessToken.find(token)) ?? (await provider.ClientCredentials.find(token))
        await found?.destroy()
        return found !== undefined
      },
      /** An administrator ends the whole grant of a token. */
      async revokeGrant(token) {
        const found = (await provider.AccessToken.find(token)) ?? (await provider.RefreshToken.find(token))
        if (!found) return false
        await provider.RefreshToken.revokeByGrantId(found.grantId)
        await provider.AccessToken.revokeByGrantId(found.grantId)
        await provider.Grant.adapter.destroy(found.grantId)
        return true
      },
      /** Answers of the token endpoint wait until `release`. */
      hold() {
        let open
        const promise = new Promise(resolve => {
          open = resolve
        })
        held = { promise, open }
      },
      release() {
        held?.open()
        held = undefined
      },
      /** The person at the phone agrees to (or refuses) the newest back-channel request. */
      async answerBackchannel(agree = true) {
        const id = backchannel.pop()
        if (id === undefined) return false
        const request = await provider.BackchannelAuthenticationRequest.find(id)
        if (!agree) {
          await provider.backchannelResult(request, new errors.AccessDenied('the person said no'))
          return true
        }
        const grant = new provider.Grant({ accountId: request.accountId, clientId: request.clientId })
        grant.addOIDCScope(request.scope)
        await grant.save()
        await provider.backchannelResult(request, grant.jti)
        return true
      },
    },
  }
}

let running
process.on('disconnect', () => process.exit(0))
process.on('message', async ({ id, method, args }) => {
  try {
    let result
    if (method === 'start') {
      running = await start(...args)
      result = { issuer: running.issuer, clients: running.clients }
    } else {
      result = await running.methods[method](...args)
    }
    process.send({ id, result })
  } catch (error) {
    process.send({ id, error: String(error?.stack ?? error) })
  }
})
process.send({ ready: true })
