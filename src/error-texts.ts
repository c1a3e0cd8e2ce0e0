/** Texts that stand under more than one code. */
const answered = 'The authorization server answered {status} {error} {description}'
const waitedForLock = 'Gave up waiting for the lock.'

/**
 * Every text of an error, by code and reason: what happened, and what to do. `{name}` is replaced by the
 * value of that name. The light build has none of them: there the message is the code, the reason and the
 * values.
 */
export const texts = {
  OAUTH_INVALID_OPTION: {
    missing: '{name} is missing.',
    unknownOption: 'There is no option called {name}.{hint}',
    method: 'method is POST or GET',
    noSend: 'Nothing can be sent without `send`.',
    notSession: 'This is not a session: make one with createOAuth2Session().',
    brokenAxios:
      'axios 1.0.0 loses the question mark of every query: install axios 1.1.0 or newer, or a release of the 0.x line.',
    // client and server
    clientId: '`client.client_id` is missing.',
    clientIdUrl:
      'A client_id of this kind is an https URL with a path, without query, fragment, user or dot segments.',
    redirectUris: 'The document needs redirect_uris.',
    publicSecret: 'Everybody can read this document: no client secret, use private_key_jwt or none.',
    clientSecret: 'clientSecretJwt needs client.client_secret',
    fapi: 'FAPI 2.0 forbids {problem}.',
    clientAuth: 'There is no client authentication called {name}: give the function that makes it.',
    hook: 'There is no hook called {name}',
    resource: 'A resource is an absolute URI without a fragment: {uri}',
    issuer: 'An issuer has no query, fragment or user',
    jwks: 'A client has jwks or jwks_uri, not both',
    tlsSubject: 'tls_client_auth needs exactly one tls_client_auth_… subject',
    // session
    serverText: "`server` is no text: write server: discover('{issuer}').",
    uncalledGrant: '`grant` was not called: write grant: {name}({ … }).',
    programError:
      'The application’s own {what} threw {name}, which is a mistake of the program: see the cause.',
    grant:
      '`grant` must be one that needs nobody, such as clientCredentialsGrant(); give this one to fetchToken().',
    clock: '`clock` must answer seconds, not milliseconds.',
    expiresAt: '`expires_at` is no time: give seconds, milliseconds, a Date or an ISO text.',
    key: '`key` is missing: it says whose token this is in a store that several share.',
    encryptionKey: 'An encryption key must have 32 bytes.',
    lock: "`lock` is missing: give a lock that all processes share, or 'single-process'.",
    tiers: 'A cache of several tiers can serve old tokens: give the shared tier alone.',
    throwOnErrors:
      'This Keyv answers "nothing" when its database fails, which would sign people out: set `throwOnErrors: true`.',
    // grants and authorization
    jwtBearer: 'jwtBearerGrant needs `key`, `serviceAccount` or `assertion`',
    hint: 'cibaGrant needs one hint',
    password: 'passwordGrant needs username and password',
    notJson: '{name} is no JSON',
    nestedRequest: 'A request object contains no other request object',
    redirectUri: 'redirect_uri is an absolute URI without a fragment',
    logoutUri: 'post_logout_redirect_uri is an absolute URI, as it is registered: {uri} is none.',
    publicPkce: 'A public client cannot do without PKCE: remove pkce: false',
    plainPkce: 'The server knows S256: remove pkce: plain',
    unknownPkce: 'The server metadata lists PKCE methods, but not S256: pass pkce to say what to do',
    codeVerifier: 'A code_verifier has 43 to 128 characters of A-Z a-z 0-9 - . _ ~',
    requestUri: 'A request that is pushed has no request_uri',
    // command-line programs
    loopbackHost: "`host` is '127.0.0.1' or '[::1]': a name may lead to another machine.",
    loopbackPath:
      '`path` begins with a slash and has no query, fragment or dot segment; characters are escaped as in a URL.',
    loopbackPort: '{address} cannot be listened on ({problem}): leave `port` out, or give one that is free.',
    loopbackResponse:
      "A browser brings a program its answer in the query (response_type 'code') or as a form (response_mode 'form_post'), not in a fragment.",
    // keys, signatures and token types
    algorithm: 'Algorithm {alg} is not allowed: use {allowed}',
    unreadableKey: 'The {name} {problem}',
    keyAlgorithm: 'The key is no private key for {alg}',
    keyTooShort: 'The RSA key is too short: 2048 bits at least',
    rsaKey: 'The RSA key cannot sign: {problem}.',
    sharedSecret: '{algorithm} needs a shared secret, not a private key',
    dpopAlgorithm: 'DPoP needs an asymmetric algorithm',
    dpopKey: 'The DPoP key is no private key for {alg}',
    bearerPlacement: 'Unknown bearer placement',
    bearerBody: 'Bearer placement body needs a form body',
    // requests
    allowedOrigins:
      'allowedOrigins takes origins and URL prefixes such as https://api.example.com/v1, without wildcard, query or user.',
    notRecorded:
      'The requests of this instance are not recorded: call recordAuthorizations(instance) before they are sent.',
    noFakeAnswer:
      'The fake authorization server has no answer for {url}: pass the adapter of the other requests as `next`.',
    noDiagnostics:
      'There are no diagnostics channels here: they need Node 20.16, 22.3 or newer, and are not in the build for browsers.',
    // sign-in, registry and routes
    returnTo: '`returnTo` is no path of this site: write one such as /orders.',
    unknownClient: 'There is no client called {name}: there are {known}.',
    noUser: '`user` was given for {name}, but is empty: name the person, or leave it out.',
    signingOnly: 'The client {name} signs with its key alone and has no session: use client().',
    apis: 'Two entries of `apis` match the same URLs: {match}',
    openApi: 'The OpenAPI document cannot be read: {problem}.',
    secret: '`secret` is missing or short: give 32 random characters at least.',
    siteOrigin: '`origin` is the address of this site without a path, such as https://app.example.com.',
    notInspectable: 'createInspector takes a session, several sessions, or a function that answers them.',
    // OAuth 1.0a
    oauthToken: 'Token credentials need an oauth_token.',
    notOAuth1Session: 'This is not an OAuth 1.0a session: make one with createOAuth1Session().',
    oauth1Request:
      'The oauth option of a request that is signed with OAuth 1.0a takes `token`, `session` or false, not {name}.',
    signatureMethod: 'signatureMethod takes what a function such as hmacSha1() answers.',
    placement: "placement is 'header', 'query' or 'body'.",
    protocolParameter: 'protocolParameters cannot set {name}.',
    realm: 'realm has a line break or another control character: remove it.',
    bodyHash: "bodyHash is 'auto', 'always', 'never' or { when, hash: 'SHA-1' | 'SHA-256' }.",
  },
  OAUTH_ORIGIN_REQUIRED: {
    noRule:
      "Say where credentials may go: set baseURL before attaching, or pass { allowedOrigins: 'https://api.example.com' }.",
    changedUrl: 'The URL was changed to one that allowedOrigins does not contain.',
  },
  OAUTH_ORIGIN_CONFLICT: {
    claimedTwice: 'Two attachments claim the same URLs: make their allowedOrigins exclude each other.',
  },
  OAUTH_INSECURE_URL: {
    endpoint: '{name} is no https URL; see allowInsecure',
    origin:
      '{origin} is not https: use https, or name the origin in allowInsecure if the network can be trusted.',
    privateAddress:
      '{name} leads to a private address ({host}) though the server is a public one: name that origin in allowInsecure if it is right.',
    plaintext: 'PLAINTEXT shows the secrets: use https, or allowInsecure.',
  },
  OAUTH_INTERACTION_REQUIRED: {
    nobody: 'Nobody is being served: the client {name} needs a person, and `user` answered none.',
    noIdentity: 'Nobody is signed in at the identity provider: its session has no ID token.',
    noToken: 'There is no token: sign in with fetchToken(), or give the session a `grant`.',
    noRefreshToken: 'The token cannot be used any more and there is no refresh token: sign in again.',
    nothingToAskWith: 'There is no token to ask with.',
    noTokenCredentials: 'There are no token credentials: sign in with createOAuth1AuthorizationUrl().',
    expiredCredentials:
      'The token credentials expired: sign in again, or give the session the option renew if the server can renew them.',
    signInFailed: 'Signing in failed.',
    noBrowser: 'No browser could be opened: show the address with onUrl, or sign in with a device code.',
    challengeFailed: '{error}: signing in again failed.',
  },
  OAUTH_SESSION_ENDED: {
    ended: 'The session has ended ({reason}): sign in again.',
    endedMeanwhile: 'The session was ended while the token was fetched.',
  },
  OAUTH_SESSION_CHANGED: {
    notSentAgain: 'Somebody else signed in meanwhile: the request was not sent again.',
    unaccepted:
      'Another person may have signed in elsewhere: show their data, then call session.acceptChange(), or load the page again.',
    maybeAnother: 'Somebody else may have signed in: pass sameUser to fetchToken() if not.',
  },
  OAUTH_NOT_AUTHENTICATED: {
    origin: '{url} is outside allowedOrigins ({allowed}): add its origin, or set baseURL before attaching.',
    'own-authorization':
      'The request to {url} has an Authorization or auth of its own, which wins: remove what sets it, often an interceptor.',
    'oauth-false': 'The request to {url} says `oauth: false`.',
    skip: 'The option `skip` leaves out the request to {url}.',
    insecure:
      '{url} is plain http: use https, or name the origin in allowInsecure if the network can be trusted.',
    'no-token': 'The session has no token for {url}, and no way to get one: sign in first.',
    'user-changed':
      "The grant is another person's than when the request to {url} began: begin again as that person.",
    'not-this-instance':
      'Nothing is attached to this instance any more: detach() was called, or its interceptors were cleared.',
  },
  OAUTH_REFUSED: {
    api: 'The API refused the credentials.',
    fresh: '{origin} refused a fresh token: not renewed for it again for {seconds} s.',
    given: 'The token that was given with this request was refused.',
  },
  OAUTH_NOT_REPLAYABLE: {
    stream:
      'The credentials were refused and have been renewed, but the body is a stream, which can be sent once only: make the request again.',
    redirect: 'A redirect ({status}) asks for the body again, but a stream can be sent once only.',
  },
  OAUTH_ABORTED: {
    polling: 'Aborted',
    signIn: 'The program gave up waiting for the sign-in.',
    popupClosed: 'The window of the sign-in was closed.',
    waiting: 'The caller gave up waiting for a token.',
    lock: waitedForLock,
    call: 'The call to the authorization server was aborted.',
  },
  OAUTH_SERVER_REFUSED: {
    answer: answered,
    grant: 'The grant failed: its request was answered {status}.',
  },
  OAUTH_SERVER_UNAVAILABLE: {
    answer: answered,
    grant: 'The grant failed.',
    grantAnswer: 'The grant failed: its request was answered {status}.',
    renew: 'The option renew failed.',
    noAnswer: '{host} did not answer {problem}',
    tooLate: '{host} did not answer within {seconds} s.',
    redirect: '{host} answered with a redirect.',
  },
  OAUTH_INVALID_RESPONSE: {
    answer: answered,
    tooLarge: '{host} answered with more than {bytes} bytes: the answer is not read.',
    noAccessToken: 'The answer has no access_token',
    notIdJag: 'The identity provider answered a token of another kind than an ID-JAG.',
    otherMembers: 'The answer has no access_token; it has {names}.{hint}',
    notSigned: 'The answer is not signed',
    notJwt: 'The authorization response is not the JWT that was asked for',
    twice: 'The authorization response has a parameter twice',
    keySet: 'The document at jwks_uri is no key set.',
    keyOfSet: 'A key of the key set cannot be used.',
    callbackNotConfirmed:
      "The server did not send oauth_callback_confirmed: set allowUnconfirmedCallback if it knows the verifier, or revision: '1.0' if not.",
  },
  OAUTH_UNSUPPORTED_TOKEN_TYPE: {
    other: 'Token type {token_type} is not {accepts}',
    notDpop: 'Token type {token_type} is not DPoP: sign in anew, or allowBearer',
  },
  OAUTH_ENDPOINT_MISSING: {
    metadata: 'The server metadata has no {name}',
    registration: 'There is no {name}',
  },
  OAUTH_LOCK_TIMEOUT: {
    waited: waitedForLock,
    lost: 'The lock was lost: try again.',
    section: 'The renewal did not end within {seconds} s, and gave the lock back: try again.',
  },
  OAUTH_STORE_READ: {
    store: 'The token store failed ({problem}).',
    medium: 'The medium that keeps the tokens failed ({problem}).',
  },
  OAUTH_STORE_WRITE: {
    store: 'The token store could not be written ({problem}).',
    medium: 'The medium that keeps the tokens could not be written ({problem}).',
    readOnly: 'The store is read-only here and would lose the new token: do this where it can be written.',
    inProcessOnly: 'The store does not take the token: it is in this process alone.',
    writtenMeanwhile: 'Somebody else wrote to the store meanwhile: try again.',
    signedInMeanwhile: 'Another person signed in while this session was ended: that session goes on.',
    endNotKept: 'The store did not take the end of the session: only this process is logged out.',
  },
  OAUTH_STORE_VALUE: {
    sealed:
      'What is stored cannot be opened: give encryptedStore() the key that it was written with as well.',
    broken:
      'What is stored under the key of this session is broken or was not written by this package; delete it or use another key.',
    foreign: 'What is stored belongs to another issuer, client or version: ignored.',
  },
  OAUTH_STATE_MISMATCH: {
    callback: 'This response belongs to another sign-in, or its transaction was lost.',
    logout: 'This is not the answer to the log-out that was asked for.',
  },
  OAUTH_ISSUER_MISMATCH: {
    metadata: 'The metadata belongs to another issuer than {issuer}: {found}',
    otherServer: 'This sign-in was begun with another server or client.',
    otherPath:
      'This response arrived elsewhere than at redirect_uri; if a proxy changes paths, give its parameters alone',
    otherIssuer: 'This response comes from another issuer',
    noIssuer: 'Cannot check iss: the server metadata has no issuer',
  },
  OAUTH_AUTHORIZATION_FAILED: {
    refused: 'The authorization server refused: {error}',
    popupBlocked: 'The browser blocked the window: call signInWithPopup() right in the listener of a click.',
    notGiven: 'The authorization was not given: {error}.',
  },
  OAUTH_CODE_MISSING: {
    code: 'The authorization response has no code',
    verifier: 'Give authorizationResponse, or the verifier that was typed.',
    callback: 'The callback has no {name}.',
  },
  OAUTH_TRANSACTION_EXPIRED: {
    tenMinutes: 'This sign-in took longer than ten minutes: begin another.',
    undecided: 'The person did not decide in time: begin another sign-in.',
  },
  OAUTH_TRANSACTION_USED: { finished: 'This sign-in was finished before: begin another.' },
  OAUTH_ID_TOKEN_INVALID: {
    claim: 'ID token: wrong {claim}',
    token: 'The token is not valid: {problem}',
    noKey: "None of the server's keys fits (alg {alg}, kid {kid}).",
    inUrl: 'An ID token in a URL needs the session option openid',
    absent: 'The answer has no ID token, though one was asked for.',
    anotherSubject: 'The ID tokens of one sign-in name different people or issuers.',
  },
  OAUTH_DISCOVERY_FAILED: {
    noDocument: 'No metadata document: {status}',
    fapi: 'This server cannot keep FAPI 2.0: {problem}.',
    noClient:
      'There is no client for {issuer}: give `clients`, a `clientIdMetadata` that the server takes, or a `registration` where it registers clients.',
    nowhere: 'No metadata for {issuer} at {urls}',
    noDescription: 'No description of the resource: {status}',
    otherResource: 'The description belongs to another resource than {resource}',
    servers: 'authorization_servers is no list of issuers',
    noServers: 'The resource names no authorization server',
    noServerFound: 'No authorization server found for {resource}',
  },
  OAUTH_CRYPTO_MISSING: {
    random:
      'There is no global crypto here: pass the option `crypto` (in Node 18 `webcrypto` of node:crypto) or `random`.',
    subtle: 'crypto.subtle is missing: use https, or pass `crypto` (Node 18: webcrypto)',
    rsa: 'RSA needs Web Crypto: pass crypto (Node 18: webcrypto of node:crypto; React Native: a polyfill; pages: https).',
    digest: 'No {algorithm} here: pass crypto.',
  },
  OAUTH_HOOK_FAILED: { threw: 'A hook threw' },
  OAUTH_SIGNATURE_FAILED: {
    jws: 'Signing with {alg} failed',
    request: 'The request could not be authenticated: {problem}',
    macAlgorithm: 'Unknown mac_algorithm {name}: hmac-sha-1 and hmac-sha-256 are known.',
    macKey: 'The token has no mac_key.',
    macBody: 'A MAC token of draft 0 needs a body that can be hashed: text or bytes',
    url: 'The URL to sign needs http or https, a host and a port below 65536',
    ownName: 'The request has a parameter {name} of its own: rename or remove it.',
    formBody: "placement 'body' needs a form body: send one, or use another placement.",
    bodyHash: 'A stream or FormData has no body hash: set bodyHash to auto.',
    percent: 'A % in the query or form begins no escape: write %25, or set lenient.',
  },
  OAUTH_SOURCE_ABSENT: {
    file: 'There is no file {name}.',
    variable: 'The environment variable {name} is not set.',
    githubActions: 'This is no GitHub Actions job with the permission `id-token: write`.',
    noAnswer: '{host} did not answer.',
    notFound: 'There is no program {name}.',
    none: 'None of the sources is here: {problems}',
  },
  OAUTH_SOURCE_FAILED: {
    empty: '{name} has no token.',
    member: '{name} is no JSON object with a text in {member}.',
    unreadable: 'The file {name} cannot be read ({problem}).',
    status: '{host} answered {status}.',
    program: '{name} failed ({problem}).',
    told: '{name} says that it has no token.',
  },
} as const
