/**
 * For tests of applications: a signed-in session, an authorization server in memory, a clock that the test
 * sets.
 * @packageDocumentation
 */
export type { FakeAuthorizationServer, Fault } from './testing/fake-authorization-server.js'
export { fakeAuthorizationServer } from './testing/fake-authorization-server.js'
export type { FakeClock } from './testing/fake-clock.js'
export { fakeClock } from './testing/fake-clock.js'
export type { FakeSession, FakeSessionOptions } from './testing/fake-session.js'
export { fakeSession } from './testing/fake-session.js'
export type { FakeAuthorizationServerOptions, FakeEndpoint, FakeToken } from './testing/fake-types.js'
export type { AuthorizationRecord, SentAuthorization } from './testing/record-authorizations.js'
export { lastAuthorization, recordAuthorizations } from './testing/record-authorizations.js'
export type { SignedInStateOptions, StorageState } from './testing/signed-in-state.js'
export { signedInState } from './testing/signed-in-state.js'
export type { FakeAnswer, FakeRequest } from './testing/wire.js'
