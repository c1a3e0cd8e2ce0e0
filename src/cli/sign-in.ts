import { core, type OAuth2Session } from '../session/session.js'
import { type BrowserSignInOptions, signInWithBrowser } from './browser.js'
import { type CommandLineEnvironment, chooseSignIn, type SignInMethod } from './choice.js'
import { type DeviceSignInOptions, signInWithDevice } from './device.js'
import { thisMachine } from './open-browser.js'

/** Options of {@link signIn}: those of {@link signInWithBrowser}, and those that only a device code needs. */
export interface SignInOptions
  extends Omit<BrowserSignInOptions, 'scope'>,
    Pick<DeviceSignInOptions, 'scope' | 'onCode'>,
    Partial<CommandLineEnvironment> {
  /** Default: the choice of {@link chooseSignIn}. */
  method?: SignInMethod
  /** More parameters of the device authorization request; `parameters` belong to the authorization URL. */
  deviceParameters?: DeviceSignInOptions['parameters']
}

/**
 * Signs a person in, unless the session's store still has a grant. Returns `kept` in that case, otherwise the
 * way that was chosen for this machine and server. To sign in again, call {@link signInWithBrowser} or {@link
 * signInWithDevice}.
 * @throws OAuthError what {@link signInWithBrowser} and {@link signInWithDevice} throw, `OAUTH_STORE_READ`,
 * `OAUTH_DISCOVERY_FAILED`
 * @see https://www.rfc-editor.org/rfc/rfc8252
 * @see https://www.rfc-editor.org/rfc/rfc8628
 * @example
 * await signIn(session, { scope: 'openid offline_access' })
 * await api.get('/me')
 */
export async function signIn(
  session: OAuth2Session,
  { method, onCode, deviceParameters, environment, platform, ...options }: SignInOptions = {},
): Promise<SignInMethod | 'kept'> {
  if (await session.authorized()) return 'kept'
  const here = thisMachine()
  const machine = { environment: environment ?? here.environment, platform: platform ?? here.platform }
  const chosen = method ?? chooseSignIn((await core(session).context()).server, machine)
  if (chosen === 'device') {
    const { scope, signal, sleep } = options
    await signInWithDevice(session, {
      ...(scope && { scope }),
      ...(onCode && { onCode }),
      ...(deviceParameters && { parameters: deviceParameters }),
      ...(signal && { signal }),
      ...(sleep && { sleep }),
    })
  } else await signInWithBrowser(session, chosen === 'url' ? { ...options, open: false } : options)
  return chosen
}
