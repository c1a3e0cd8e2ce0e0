/** What a page shows of a session: who is signed in, and whether it is over. */

export { observeSession, type SessionObservation, type SessionSnapshot } from './observe/observe.js'
