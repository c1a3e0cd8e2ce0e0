import type { DeviceAuthorization } from '../grants/device-code.js'

/** Prints a line on the standard error stream, so that the program's own output can still be piped. */
function printLine(line: string): void {
  // Code and address come from the server: control characters in them could move the terminal's cursor or
  // reverse the text.
  process.stderr.write(`${line.replace(/\p{Cc}|\p{Cf}|\p{Zl}|\p{Zp}/gu, '')}\n`)
}

/** Shows the address of the sign-in. */
export const showUrl = (url: string): void => printLine(`To sign in, open this address in a browser: ${url}`)

/** Shows the code and the address at which to enter it. */
export const showCode = ({ user_code, verification_uri }: DeviceAuthorization): void =>
  printLine(`To sign in, open ${verification_uri} on any device and enter the code ${user_code}`)
