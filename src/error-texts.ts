/** Texts that several codes share. */
const answered = 'The authorization server answered {status} {error} {description}'
const waitedForLock = 'The wait for the lock ended without it: try again, or raise `maxWait`.'

/**
 * The text of every error, by code and reason: it says what happened and what to do. The value of the same
 * name replaces `{name}`. The light build omits the texts: its messages are the code, the reason and the
 * values.
 */
export const texts = {
  OAUTH_INVALID_OPTION: {
    missing: '`{name}` is missing: pass it.',
    unknownOption: 'There is no option called {name}. {hint}',
    method: '`method` is neither POST nor GET: use one of the two.',
    noSend: '`send` is missing: pass the function that sends requests.',
    plainStore:
      'This store may fail or have other writers: wrap it as store: defineStore({ get, set, delete }), a changed copy too.',
    frozenStore:
      'The store is frozen: pass its functions in a new object, as defineStore({ get, set, delete }).',
    notSession: 'This is not a session: create one with createOAuth2Session().',
    brokenAxios:
      'axios 1.0.0 drops the question mark of every query: install axios 1.1.0 or newer, or a 0.x release.',
    // client and server
    clientId: '`client.client_id` is missing: pass the id that the server issued.',
    clientIdUrl:
      'This `client_id` must be an https URL with a path and without query, fragment, user or dot segments.',
    redirectUris: 'The client metadata document has no `redirect_uris`: add them.',
    publicSecret:
      'The client metadata document is public: remove the client secret and use private_key_jwt or none.',
    clientSecret: 'clientSecretJwt() needs `client.client_secret`: pass it.',
    fapi: 'FAPI 2.0 forbids {problem}: change the options that ask for it.',
    clientAuth:
      'There is no client authentication called {name}: pass a function that authenticates the client.',
    hook: 'There is no hook called {name}: see the list of hooks in docs/oauth2.md.',
    resource: 'The resource {uri} is not an absolute URI without a fragment: pass one.',
    issuer: 'The issuer has a query, a fragment or a user: remove it.',
    jwks: 'The client metadata have both `jwks` and `jwks_uri`: remove one.',
    tlsSubject: 'tls_client_auth needs exactly one `tls_client_auth_…` subject: pass one.',
    // session
    serverText: "`server` is a string: write server: discover('{issuer}').",
    uncalledGrant: '`grant` is a function that was not called: write grant: {name}({ … }).',
    programError: 'The application’s own {what} threw {name}, which is a programming error: see the cause.',
    grant:
      '`grant` must work without a person, as clientCredentialsGrant() does: pass this one to fetchToken().',
    clock: '`clock` returns milliseconds: return seconds.',
    expiresAt: '`expires_at` is not a time: pass seconds, milliseconds, a Date or an ISO string.',
    key: '`key` is missing: a shared store needs it to tell the grants of different people apart.',
    encryptionKey: 'The encryption key has the wrong length: pass 32 bytes.',
    lock: "`lock` is missing: pass a lock that all processes share, or 'single-process'.",
    tiers: 'A cache of several tiers can return outdated tokens: pass the shared tier alone.',
    throwOnErrors:
      'This Keyv reports a missing key when its database fails, which would sign people out: set `throwOnErrors: true`.',
    // grants and authorization
    jwtBearer: 'jwtBearerGrant() has no key: pass `key`, `serviceAccount` or `assertion`.',
    hint: 'cibaGrant() needs exactly one of `login_hint`, `login_hint_token` and `id_token_hint`.',
    password: 'passwordGrant() needs `username` and `password`: pass both.',
    notJson: '`{name}` is not valid JSON: correct it.',
    nestedRequest:
      'A request object cannot contain another request object: remove `request` and `request_uri`.',
    redirectUri: '`redirect_uri` is not an absolute URI without a fragment: pass it exactly as registered.',
    logoutUri: 'post_logout_redirect_uri is not an absolute URI ({uri}): pass it exactly as registered.',
    publicPkce: 'A public client needs PKCE: remove `pkce: false`.',
    plainPkce: "The server supports S256: remove `pkce: 'plain'`.",
    unknownPkce: 'The server metadata list PKCE methods without S256: pass `pkce` to choose one.',
    codeVerifier: 'The code_verifier is not valid: use 43 to 128 characters of A-Z a-z 0-9 - . _ ~',
    requestUri: 'A pushed request cannot have a `request_uri`: remove it.',
    // command-line programs
    loopbackHost: "`host` must be '127.0.0.1' or '[::1]': a name may lead to another machine.",
    loopbackPath:
      '`path` must begin with a slash and have no query, fragment or dot segment: escape its characters as in a URL.',
    loopbackPort: 'The program cannot listen on {address} ({problem}): omit `port`, or pass a free one.',
    loopbackResponse:
      "A program cannot read a response in the fragment: use response_type 'code', or response_mode 'form_post'.",
    // keys, signatures and token types
    algorithm: 'The algorithm {alg} is not allowed: use {allowed}.',
    unreadableKey: 'The {name} {problem}',
    keyAlgorithm: 'The key is not a private key for {alg}: pass one, or change `alg`.',
    keyTooShort: 'The RSA key is too short: use one of at least 2048 bits.',
    rsaKey: 'The RSA key cannot sign: {problem}. Pass another key.',
    sharedSecret: '{algorithm} needs a shared secret, and this is a private key: pass a secret.',
    dpopAlgorithm: 'DPoP needs an asymmetric algorithm: use ES256, for example.',
    dpopKey: 'The DPoP key is not a private key for {alg}: pass one, or change `alg`.',
    bearerPlacement: "The bearer placement is unknown: use 'header', 'body' or 'query'.",
    bearerBody: "The bearer placement 'body' needs a form body: send one, or use another placement.",
    // requests
    allowedOrigins:
      'allowedOrigins takes origins and URL prefixes such as https://api.example.com/v1: remove wildcards, queries and users.',
    notRecorded:
      'The requests of this instance are not recorded: call recordAuthorizations(instance) before they are sent.',
    noFakeAnswer:
      'The fake authorization server has no answer for {url}: pass the adapter of the other requests as `next`.',
    noDiagnostics:
      'This runtime has no diagnostics channels: use Node 20.16, 22.3 or newer; the light build for browsers has none.',
    // sign-in, registry and routes
    returnTo: '`returnTo` is not a path of this site: pass one such as /orders.',
    unknownClient: 'There is no client called {name}: use one of {known}.',
    noUser: '`user` for {name} is empty: name the person, or omit it.',
    signingOnly: 'The client {name} signs with its key alone and has no session: call client().',
    apis: 'Two entries of `apis` match the same URLs ({match}): make their URLs exclude each other.',
    openApi: 'The OpenAPI document cannot be read: {problem}.',
    secret: '`secret` is missing or too short: pass at least 32 random characters.',
    siteOrigin:
      '`origin` is not the address of a site without a path: pass one such as https://app.example.com.',
    notInspectable: 'This is not a session: pass one, several, or a function that returns them.',
    // OAuth 1.0a
    oauthToken: 'The token credentials have no `oauth_token`: pass it.',
    notOAuth1Session: 'This is not an OAuth 1.0a session: create one with createOAuth1Session().',
    oauth1Request:
      'For OAuth 1.0a the request option `oauth` takes `token`, `session` or false: remove {name}.',
    signatureMethod:
      '`signatureMethod` is not a signature method: pass the result of a function such as hmacSha1().',
    placement: "`placement` must be 'header', 'query' or 'body'.",
    protocolParameter: '`protocolParameters` cannot set {name}: remove it.',
    realm: '`realm` has a line break or another control character: remove it.',
    bodyHash: "`bodyHash` must be 'auto', 'always', 'never' or { when, hash: 'SHA-1' | 'SHA-256' }.",
  },
  OAUTH_ORIGIN_REQUIRED: {
    noRule:
      "The instance has no baseURL, so it is not known where credentials may go: set baseURL before attaching, or pass { allowedOrigins: 'https://api.example.com' }.",
    changedUrl:
      'An interceptor changed the URL to one outside allowedOrigins: add its origin, or leave the URL alone.',
  },
  OAUTH_ORIGIN_CONFLICT: {
    claimedTwice: 'Two attachments claim the same URLs: make their allowedOrigins exclude each other.',
  },
  OAUTH_INSECURE_URL: {
    endpoint:
      'The URL of {name} is not https: use https, or name its origin in allowInsecure if the network can be trusted.',
    origin:
      '{origin} is not https: use https, or name the origin in allowInsecure if the network can be trusted.',
    privateAddress:
      'The public server names a private address ({host}) as {name}: name that origin in allowInsecure if it is right.',
    plaintext:
      'PLAINTEXT sends the secrets readable: use https, or name the origin in allowInsecure if the network can be trusted.',
  },
  OAUTH_INTERACTION_REQUIRED: {
    noPerson:
      'The client {name} needs a person, and `user` returned none: sign in first, or name the person.',
    noIdentity: 'There is no valid token of the identity provider: sign in there first.',
    noToken: 'There is no token: sign in with fetchToken(), or pass a `grant` to the session.',
    noRefreshToken: 'The token is no longer usable and there is no refresh token: sign in again.',
    nothingToAskWith: 'The session has no token to send: sign in first.',
    noTokenCredentials: 'There are no token credentials: sign in with createOAuth1AuthorizationUrl().',
    expiredCredentials:
      'The token credentials have expired: sign in again, or pass the option `renew` if the server can renew them.',
    signInFailed: 'The sign-in failed: see the cause.',
    noBrowser: 'No browser could be opened: show the address with `onUrl`, or sign in with a device code.',
    challengeFailed: 'The API asked for a new sign-in ({error}), which failed: see the cause.',
  },
  OAUTH_SESSION_ENDED: {
    ended: 'The session has ended ({reason}): sign in again.',
    endedMeanwhile: 'The session ended while the token was fetched: sign in again.',
  },
  OAUTH_SESSION_CHANGED: {
    notSentAgain:
      'Another person signed in meanwhile, so the request was not sent again: repeat it as that person.',
    unaccepted:
      'Another person may have signed in elsewhere: show their data, then call session.acceptChange(), or load the page again.',
    maybeAnother: 'Another person may have signed in: pass `sameUser` to fetchToken() if it is the same one.',
  },
  OAUTH_NOT_AUTHENTICATED: {
    origin: '{url} is outside allowedOrigins ({allowed}): add its origin, or set baseURL before attaching.',
    'own-authorization':
      'The request to {url} has an Authorization or auth of its own, which wins: remove what sets it, often an interceptor.',
    'oauth-false': 'The request to {url} has `oauth: false`: remove it to send a token.',
    skip: 'The option `skip` excludes the request to {url}: change `skip` to send a token.',
    insecure:
      '{url} is plain http: use https, or name the origin in allowInsecure if the network can be trusted.',
    'no-token': 'The session has no token for {url}, and no way to get one: sign in first.',
    'user-changed':
      "Another person's grant is stored since the request to {url} began: repeat the request as that person.",
    'not-this-instance':
      'Nothing is attached to this instance any more: detach() was called or its interceptors were cleared; attach again.',
  },
  OAUTH_REFUSED: {
    api: 'The API refused the credentials: check their audience and scope.',
    fresh:
      '{origin} refused a fresh token, which is not renewed there again for {seconds} s: check its audience and scope.',
    given: 'The API refused the token that this request brought: pass another one.',
  },
  OAUTH_NOT_REPLAYABLE: {
    stream:
      'The credentials were refused and renewed, but a stream can be sent only once: make the request again.',
    redirect:
      'A redirect ({status}) needs the body again, but a stream can be sent only once: send bytes, or use the final URL.',
  },
  OAUTH_ABORTED: {
    polling: 'The caller aborted the sign-in: begin another.',
    signIn: 'The program aborted the wait for the sign-in.',
    popupClosed: 'The person closed the window before the sign-in ended: begin another.',
    waiting: 'The caller aborted the wait for a token.',
    lock: 'The caller aborted the wait for the lock.',
    call: 'The caller aborted the call to the authorization server.',
  },
  OAUTH_SERVER_REFUSED: {
    answer: answered,
    grant: 'The request of the grant was answered {status}: see the cause.',
  },
  OAUTH_SERVER_UNAVAILABLE: {
    answer: answered,
    grant: 'The grant failed: see the cause.',
    grantAnswer: 'The request of the grant was answered {status}: see the cause.',
    renew: 'The option `renew` failed: see the cause.',
    noAnswer: '{host} did not answer ({problem}): check the address and the network.',
    tooLate: '{host} did not answer within {seconds} s: try again, or raise `timeout`.',
    redirect: '{host} answered with a redirect, which is not followed: use the final address.',
  },
  OAUTH_INVALID_RESPONSE: {
    answer: 'The authorization server answered {status}: check the address of the endpoint. {description}',
    tooLarge: '{host} answered with more than {bytes} bytes, which are not read: check the address.',
    noAccessToken: 'The answer has no access_token: check the address of the token endpoint.',
    member:
      'The authorization server answered {status} without a usable {name}: check the address of the endpoint. {words}',
    notIdJag: 'The identity provider issued no ID-JAG: ask it whether it supports them.',
    otherMembers: 'The answer has no access_token; it has {names}. {hint}',
    notSigned:
      'The answer is not signed, though a signed one was asked for: let the server sign for this client, or omit `jwt`.',
    notJwt:
      'The authorization response is not a JWT, though one was asked for: check that the server supports JARM.',
    twice: 'The authorization response repeats a parameter: begin the sign-in again.',
    keySet: 'The document at jwks_uri is not a key set: check the address.',
    keyOfSet: 'A key of the key set at jwks_uri is not usable: tell the server.',
    callbackNotConfirmed:
      "The server did not send oauth_callback_confirmed: set allowUnconfirmedCallback if it knows the verifier, or revision: '1.0' if not.",
  },
  OAUTH_UNSUPPORTED_TOKEN_TYPE: {
    other: 'The token type {token_type} is not {accepts}: choose the matching `tokenType`.',
    notDpop: 'The token type {token_type} is not DPoP: sign in again, or set `allowBearer`.',
  },
  OAUTH_ENDPOINT_MISSING: {
    metadata: 'The server metadata do not name {name}: add it to `server`.',
    registration: 'The registration does not name {name}: the server does not offer this.',
  },
  OAUTH_LOCK_TIMEOUT: {
    waited: waitedForLock,
    lost: 'The lock was lost: try again.',
    section: 'The renewal took longer than {seconds} s and released its lock: try again.',
  },
  OAUTH_STORE_READ: {
    store: 'The token store could not be read ({problem}): try again when it is reachable.',
    medium: 'The medium of the lock failed ({problem}): try again when it is reachable.',
  },
  OAUTH_STORE_WRITE: {
    store:
      'The token store could not be written ({problem}): the session continues in memory and writes later.',
    medium: 'The medium of the lock could not be written ({problem}): try again when it is reachable.',
    readOnly: 'The store is read-only and would lose the new token: do this where the store can be written.',
    inProcessOnly:
      'The store does not accept the token, which is kept in this process only: close() writes it once more.',
    writtenMeanwhile: 'Another process wrote to the store meanwhile: try again.',
    signedInMeanwhile: 'Another person signed in while this session was ended: their session continues.',
    endNotKept: 'The store did not accept the end of the session: only this process is logged out.',
  },
  OAUTH_STORE_VALUE: {
    undecryptable:
      'The stored value cannot be decrypted: pass the key that encrypted it to encryptedStore() as well.',
    damaged:
      'The stored value under the key of this session is damaged or was not written by this package: delete it, or use another key.',
    foreign: 'The stored grant belongs to another issuer, client or version and is ignored: sign in again.',
  },
  OAUTH_STATE_MISMATCH: {
    callback:
      'This response belongs to another sign-in, or its transaction was lost: begin the sign-in again.',
    logout: 'This response does not belong to the requested log-out: ignore it.',
  },
  OAUTH_ISSUER_MISMATCH: {
    metadata: 'The metadata belong to {found}, not to {issuer}: check the issuer.',
    otherServer: 'This sign-in began with another server or client: finish it with that one.',
    otherPath:
      'This response arrived at another path than that of redirect_uri: if a proxy changes paths, pass its parameters alone.',
    otherIssuer: 'This response comes from another issuer: begin the sign-in again.',
    noIssuer: '`iss` cannot be checked: the server metadata has no issuer. Add `issuer` to it.',
  },
  OAUTH_AUTHORIZATION_FAILED: {
    refused: 'The authorization server refused ({error}): see error and error_description.',
    popupBlocked: 'The browser blocked the window: call signInWithPopup() directly in a click listener.',
    notGiven: 'The person or the server refused the authorization ({error}): begin another sign-in.',
  },
  OAUTH_CODE_MISSING: {
    code: 'The authorization response has neither a code nor an error: check `response_type` and the redirect URI.',
    verifier:
      'The verifier is missing: pass `authorizationResponse`, or the `verifier` that the person typed.',
    callback: 'The callback has no {name}: begin the sign-in again.',
  },
  OAUTH_TRANSACTION_EXPIRED: {
    tenMinutes: 'This sign-in took longer than ten minutes: begin another.',
    noDecision: 'The person did not decide in time: begin another sign-in.',
  },
  OAUTH_TRANSACTION_USED: { finished: 'This sign-in was finished before: begin another.' },
  OAUTH_ID_TOKEN_INVALID: {
    claim:
      'The ID token is not valid (wrong {claim}): begin the sign-in again, and check client, issuer and clock if it repeats.',
    token: 'The token is not valid: {problem}',
    noKey:
      "None of the server's keys matches the token (alg {alg}, kid {kid}): check `jwks_uri` and `issuer`.",
    inUrl: 'An ID token in a URL needs full validation: give the session the option `openid`.',
    absent:
      'The answer has no ID token, though one was requested: check that the client may use the scope openid.',
    anotherSubject: 'The ID tokens of one sign-in name different people or issuers: begin the sign-in again.',
  },
  OAUTH_DISCOVERY_FAILED: {
    noDocument: 'The metadata document could not be read ({status}): open its address.',
    fapi: 'This server does not support FAPI 2.0: {problem}.',
    noClient:
      'There is no client for {issuer}: pass `clients`, a `clientIdMetadata` that the server accepts, or a `registration` where it registers clients.',
    notFound: 'No metadata of {issuer} were found at {urls}: pass the endpoints as `server`.',
    noDescription: 'The metadata of the resource could not be read ({status}): open their address.',
    otherResource: 'The metadata belong to another resource than {resource}: check its address.',
    servers: '`authorization_servers` is not a list of issuers: tell the API, or pass `server`.',
    noServers: 'The resource names no authorization server: pass `server`.',
    noServerFound: 'No authorization server was found for {resource}: pass `server`.',
  },
  OAUTH_CRYPTO_MISSING: {
    random:
      'This runtime has no global crypto: pass `crypto` (in Node 18 `webcrypto` of node:crypto) or `random`.',
    subtle:
      'This runtime has no crypto.subtle: use https, or pass `crypto` (in Node 18 `webcrypto` of node:crypto).',
    rsa: 'RSA needs Web Crypto: pass `crypto` (in Node 18 `webcrypto` of node:crypto, in React Native a polyfill), or use https.',
    digest: 'This runtime has no {algorithm}: pass `crypto`.',
  },
  OAUTH_HOOK_FAILED: { threw: 'A hook threw: see the cause.' },
  OAUTH_SIGNATURE_FAILED: {
    jws: 'Signing with {alg} failed: see the cause.',
    request: 'The request could not be authenticated: {problem}',
    macAlgorithm: 'The mac_algorithm {name} is unknown: use hmac-sha-1 or hmac-sha-256.',
    macKey: 'The token has no mac_key: sign in again.',
    macBody: 'A MAC token of draft 0 needs a body that can be hashed: send text or bytes.',
    url: 'The URL cannot be signed: use http or https, a host and a port below 65536.',
    ownName: 'The request has a parameter {name} of its own: rename or remove it.',
    formBody: "placement 'body' needs a form body: send one, or use another placement.",
    bodyHash: "A stream or FormData has no body hash: set `bodyHash` to 'auto'.",
    percent: 'A % in the query or form does not begin an escape: write %25, or set `lenient`.',
  },
  OAUTH_SOURCE_ABSENT: {
    file: 'There is no file {name}: check the path.',
    variable: 'The environment variable {name} is not set: set it.',
    githubActions:
      'This is not a GitHub Actions job with the permission `id-token: write`: add the permission.',
    noAnswer: '{host} did not answer: this platform may have no such service.',
    notFound: 'There is no program {name}: check the path.',
    none: 'No source has a token ({problems}): set up one of them.',
  },
  OAUTH_SOURCE_FAILED: {
    empty: '{name} holds no token: check what writes it.',
    member: '{name} is not a JSON object with a string in {member}: check its format.',
    unreadable: 'The file {name} cannot be read ({problem}): check its permissions.',
    status: '{host} answered {status}: check what this workload may ask for.',
    brokenOff: '{host} gave no whole answer: check the network, and try again.',
    program: '{name} failed ({problem}): run it by hand.',
    reportsFailure: '{name} reports that it has no token: run it by hand.',
  },
} as const
