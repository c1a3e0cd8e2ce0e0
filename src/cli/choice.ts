import type { ServerMetadata } from '../server/call.js'

/**
 * The way a person signs in: this machine's browser, a code entered on another device, or an address that is
 * shown.
 */
export type SignInMethod = 'browser' | 'device' | 'url'

/** The facts about the machine that a program can read. */
export interface CommandLineEnvironment {
  /** Environment variables, such as `process.env`. */
  environment: Readonly<Record<string, string | undefined>>
  /** `process.platform`. */
  platform: string
}

/** True if the person who started the program would see a browser that it opens. */
export function seemsToHaveBrowser({ environment, platform }: CommandLineEnvironment): boolean {
  const { CI, SSH_CONNECTION, SSH_TTY, DISPLAY, WAYLAND_DISPLAY, BROWSER } = environment
  const isUnattended = !!CI && !/^(0|false)$/i.test(CI)
  if (isUnattended || SSH_CONNECTION || SSH_TTY) return false
  return platform === 'win32' || platform === 'darwin' || !!(DISPLAY || WAYLAND_DISPLAY || BROWSER)
}

/**
 * Chooses the way to sign in. `browser` if there seems to be one: not in a remote shell (`SSH_CONNECTION`,
 * `SSH_TTY`), not in `CI`, and outside Windows and macOS only with `DISPLAY`, `WAYLAND_DISPLAY` or `BROWSER`.
 * Otherwise `device` if the server supports it, else `url`.
 * @see https://www.rfc-editor.org/rfc/rfc8628#section-1
 * @example
 * chooseSignIn({ device_authorization_endpoint: 'https://auth.example.com/device' }, { environment: process.env, platform: process.platform })
 */
export function chooseSignIn(
  server: Pick<ServerMetadata, 'device_authorization_endpoint'>,
  machine: CommandLineEnvironment,
): SignInMethod {
  if (seemsToHaveBrowser(machine)) return 'browser'
  return server.device_authorization_endpoint ? 'device' : 'url'
}
