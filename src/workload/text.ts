import { oauthError } from '../errors.js'

/**
 * The source of a workload's token: called whenever a token is needed, so that it notices a rotated one. It
 * fits wherever a token may be a function: `subject_token` of `tokenExchangeGrant`, `assertion` of
 * `jwtBearerGrant` and {@link clientAssertion}.
 */
export type WorkloadToken = () => Promise<string>

/** Environment variables. */
export type Environment = Readonly<Record<string, string | undefined>>

/** The format of a token in a text. */
export interface TokenText {
  /** The text is a JSON object, and the token is this member of it. Default: the whole text, trimmed. */
  member?: string
}

/**
 * The token of a text.
 * @throws OAuthError `OAUTH_SOURCE_FAILED`; it never shows the text
 */
export function readToken(text: string, name: string, { member }: TokenText): string {
  let token: unknown = text.trim()
  if (member !== undefined) {
    try {
      token = Object(JSON.parse(text))[member]
    } catch {
      token = undefined
    }
    if (typeof token !== 'string') throw oauthError('OAUTH_SOURCE_FAILED', 'member', { name, member })
  }
  if (!token) throw oauthError('OAUTH_SOURCE_FAILED', 'empty', { name })
  return token as string
}

/**
 * A token in a file that the platform keeps current, as Kubernetes does with projected service account
 * tokens: read each time.
 * @throws OAuthError `OAUTH_SOURCE_ABSENT` when there is no such file; `OAUTH_SOURCE_FAILED` when it cannot
 * be read or is empty
 * @see
 * https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/#serviceaccount-token-volume-projection
 * @example
 * tokenExchangeGrant({
 *   subject_token: tokenFile('/var/run/secrets/tokens/api'),
 *   subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
 * })
 */
export const tokenFile =
  (path: string, options: TokenText = {}): WorkloadToken =>
  async () => {
    // biome-ignore lint/correctness/noNodejsModules: loaded when it is called, so the entry loads anywhere
    const { readFile } = await import('node:fs/promises')
    const text = await readFile(path, 'utf8').catch((error: { code?: string }) => {
      if (error.code === 'ENOENT') throw oauthError('OAUTH_SOURCE_ABSENT', 'file', { name: path })
      throw oauthError('OAUTH_SOURCE_FAILED', 'unreadable', { name: path, problem: error.code })
    })
    return readToken(text, path, options)
  }

/**
 * A token in an environment variable, read each time. `environment` defaults to `process.env`.
 * @throws OAuthError `OAUTH_SOURCE_ABSENT` when it is not set; `OAUTH_SOURCE_FAILED` when there is no token
 * in it
 */
export const environmentToken =
  (
    name: string,
    { environment = globalThis.process?.env, ...options }: TokenText & { environment?: Environment } = {},
  ): WorkloadToken =>
  async () => {
    const text = environment?.[name]
    if (!text) throw oauthError('OAUTH_SOURCE_ABSENT', 'variable', { name })
    return readToken(text, name, options)
  }
