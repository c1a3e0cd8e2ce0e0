import type { DeviceAuthorization } from '../grants/device-code.js'

/**
 * A line for the person, on the standard error stream, so that the program's own output can still be piped.
 */
function say(line: string): void {
  // the code and its address are the server's words: they must not move the terminal's cursor, or turn the
  // text around
  process.stderr.write(`${line.replace(/\p{Cc}|\p{Cf}|\p{Zl}|\p{Zp}/gu, '')}\n`)
}

/** Shows where to sign in. */
export const showUrl = (url: string): void => say(`To sign in, open this address in a browser: ${url}`)

/** Shows the code, and where it is to be entered. */
export const showCode = ({ user_code, verification_uri }: DeviceAuthorization): void =>
  say(`To sign in, open ${verification_uri} on any device and enter the code ${user_code}`)
