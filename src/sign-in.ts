/**
 * A sign-in from its first click to its callback, and the log-out: in a page, in a popup, on a server.
 * @packageDocumentation
 */

// on a server
export { beginOAuth1SignIn, finishOAuth1SignIn, type OAuth1FinishOptions } from './sign-in/oauth1.js'
// in a page
export { isCallback } from './sign-in/page.js'
export {
  finishPopup,
  type PopupChannel,
  type PopupOptions,
  type PopupWindow,
  signInWithPopup,
} from './sign-in/popup.js'
export { localPath } from './sign-in/return-to.js'
export {
  type BeginOptions,
  beginSignIn,
  type CallbackOptions,
  type FinishOptions,
  finishSignIn,
  handleCallback,
  type SignedIn,
  type SignedOut,
  type SignInOptions,
  type SignOutOptions,
  signIn,
  signOut,
} from './sign-in/sign-in.js'

// where a sign-in is kept until its callback
export {
  cacheTransactions,
  memoryTransactions,
  type PendingSignIn,
  sessionTransactions,
  type TransactionCache,
  type TransactionRecord,
  type TransactionStorage,
  type TransactionStore,
  webTransactions,
} from './sign-in/transactions.js'
