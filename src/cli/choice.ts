import type { ServerMetadata } from '../server/call.js'

/**
 * How a person signs in: this machine's browser, a code that is typed elsewhere, or an address that is shown.
 */
export type SignInMethod = 'browser' | 'device' | 'url'

/** What a program can know of the machine that it runs on. */
export interface CommandLineEnvironment {
  /** Environment variables, such as `process.env`. */
  environment: Readonly<Record<string, string | undefined>>
  /** `process.platform`. */
  platform: string
}

/** True where a browser that this program opens would be seen by the person who started the program. */
export function seemsToHaveBrowser({ environment, platform }: CommandLineEnvironment): boolean {
  const { CI, SSH_CONNECTION, SSH_TTY, DISPLAY, WAYLAND_DISPLAY, BROWSER } = environment
  const isUnattended = !!CI && !/^(0|false)$/i.test(CI)
  if (isUnattended || SSH_CONNECTION || SSH_TTY) return false
  return platform === 'win32' || platform === 'darwin' || !!(DISPLAY || WAYLAND_DISPLAY || BROWSER)
}

/**
 * Chooses how to sign in. `browser`, where there seems to be one: not in a remote shell (`SSH_CONNECTION`,
 * `SSH_TTY`), not in `CI`, and elsewhere than on Windows and macOS with `DISPLAY`, `WAYLAND_DISPLAY` or
 * `BROWSER`. Else `device`, if the server can do that. Else `url`.
 * @see https://www.rfc-editor.org/rfc/rfc8628#section-1
 * @example
 * chooseSignIn({ device_authorization_endpoint: 'https://auth.example.com/device' }, { environment: process.env, platform: process.platform })
 *
 */
export function chooseSignIn(
  server: Pick<ServerMetadata, 'device_authorization_endpoint'>,
  machine: CommandLineEnvironment,
): SignInMethod {
  if (seemsToHaveBrowser(machine)) return 'browser'
  return server.device_authorization_endpoint ? 'device' : 'url'
}
