import { oauthError } from '../errors.js'
import { type Environment, readToken, type TokenText, type WorkloadToken } from './text.js'

/** Options of {@link executableToken}. */
export interface ExecutableOptions extends TokenText {
  /** Handed on one by one: there is no shell. */
  args?: readonly string[]
  /** The program's environment. Default: that of this process. */
  environment?: Environment
  /** Seconds until the program is ended. Default 30. */
  timeout?: number
}

/** Bytes that a program may print. */
const MOST = 1_000_000

/** Refuses what a program says that failed by itself, with exit code 0 (`{"success":false}`). */
function insistOnSuccess(text: string, name: string): void {
  let told: unknown
  try {
    told = Object(JSON.parse(text)).success
  } catch {}
  if (told === false) throw oauthError('OAUTH_SOURCE_FAILED', 'told', { name })
}

/**
 * A token that a program prints, which runs each time. With `member: 'id_token'` it may answer as programs
 * for Google's libraries do. What it prints is never shown.
 * @throws OAuthError `OAUTH_SOURCE_ABSENT` when there is no such program; `OAUTH_SOURCE_FAILED` when it
 * fails, is too late, or prints no token
 * @see
 * https://cloud.google.com/nodejs/docs/reference/google-auth-library/latest/google-auth-library/pluggableauthclient
 */
export const executableToken =
  (
    program: string,
    { args = [], environment, timeout = 30, ...options }: ExecutableOptions = {},
  ): WorkloadToken =>
  async () => {
    const { execFile } = await import('node:child_process')
    const settings = {
      timeout: timeout * 1000,
      maxBuffer: MOST,
      windowsHide: true,
      ...(environment && { env: environment }),
    }
    const text = await new Promise<string>((resolve, reject) => {
      execFile(program, [...args], settings, (error, stdout) => {
        if (!error) return resolve(stdout)
        const { code, killed } = error
        if ((code as unknown) === 'ENOENT')
          return reject(oauthError('OAUTH_SOURCE_ABSENT', 'notFound', { name: program }))
        const problem = killed ? 'too late, or too much' : `exit code ${code}`
        reject(oauthError('OAUTH_SOURCE_FAILED', 'program', { name: program, problem }))
      })
    })
    insistOnSuccess(text, program)
    return readToken(text, program, options)
  }
