import { oauthError } from '../errors.js'
import { type Environment, readToken, type TokenText, type WorkloadToken } from './text.js'

/** Options of {@link executableToken}. */
export interface ExecutableOptions extends TokenText {
  /** Passed one by one, without a shell. */
  args?: readonly string[]
  /** The program's environment. Default: that of this process. */
  environment?: Environment
  /** Seconds after which the program is killed. Default 30. */
  timeout?: number
}

/** The most bytes of output that are read. */
const MAX_OUTPUT_BYTES = 1_000_000

/** Rejects the output of a program that reports a failure with exit code 0 (`{"success":false}`). */
function rejectReportedFailure(text: string, name: string): void {
  let told: unknown
  try {
    told = Object(JSON.parse(text)).success
  } catch {}
  if (told === false) throw oauthError('OAUTH_SOURCE_FAILED', 'reportsFailure', { name })
}

/**
 * A token that a program prints; the program runs for each token. With `member: 'id_token'` it may answer as
 * programs for Google's libraries do. Its output is never shown.
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
    // biome-ignore lint/correctness/noNodejsModules: loaded when it is called, so the entry loads anywhere
    const { execFile } = await import('node:child_process')
    const settings = {
      timeout: timeout * 1000,
      // A program may ignore SIGTERM, and the session would wait for it for ever.
      killSignal: 'SIGKILL' as const,
      maxBuffer: MAX_OUTPUT_BYTES,
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
    rejectReportedFailure(text, program)
    return readToken(text, program, options)
  }
