/** Sign-in for command-line programs and native applications. */

export { type BrowserSignInOptions, signInWithBrowser } from './cli/browser.js'
export { type CommandLineEnvironment, chooseSignIn, type SignInMethod } from './cli/choice.js'
export { type DeviceSignInOptions, signInWithDevice } from './cli/device.js'
export { type SignInOptions, signIn } from './cli/sign-in.js'
