/** Snapshots of a session for a page: the signed-in person, and the end of the session. */

export { observeSession, type SessionObservation, type SessionSnapshot } from './observe/observe.js'
