import { oauthError } from '../errors.js'
import { checkNames } from '../lib/check-options.js'
import { afterAwake } from '../lib/timer.js'
import { readToken, type TokenText, type WorkloadToken } from './text.js'

/** Options of {@link metadataServerToken}. */
export interface MetadataServerOptions extends TokenText {
  /**
   * The whole address, with its query. Plain http is usual, because the server is on the machine or its local
   * link.
   */
  url: string
  /** Headers that the server requires against requests by mistake (`Metadata-Flavor: Google`). */
  headers?: Record<string, string>
  /** Seconds for the answer. Default 5: without such a server the request gets no answer. */
  timeout?: number
  /** Default `globalThis.fetch`. */
  fetch?: typeof globalThis.fetch
}

const OPTIONS: Record<keyof MetadataServerOptions, true> = {
  url: true,
  headers: true,
  timeout: true,
  fetch: true,
  member: true,
}

/**
 * The text of an address that needs no sign-in. Redirects are not followed.
 * @throws OAuthError `OAUTH_SOURCE_ABSENT` when nobody answers; `OAUTH_SOURCE_FAILED` for any answer but 2xx
 */
export async function fetchText({
  url,
  headers,
  timeout = 5,
  fetch = globalThis.fetch,
}: MetadataServerOptions): Promise<string> {
  const { host } = new URL(url)
  const controller = new AbortController()
  const stop = afterAwake(timeout, () => controller.abort())
  try {
    const response = await fetch(url, {
      headers: headers ?? {},
      redirect: 'manual',
      signal: controller.signal,
    })
    const { ok, status } = response
    if (!ok) throw oauthError('OAUTH_SOURCE_FAILED', 'status', { host, status }, { status })
    return await response.text()
  } catch (error) {
    // The error of fetch may show the headers.
    if ((error as { code?: unknown }).code === 'OAUTH_SOURCE_FAILED') throw error
    throw oauthError('OAUTH_SOURCE_ABSENT', 'noAnswer', { host })
  } finally {
    stop()
  }
}

/**
 * A token of a metadata server, requested each time.
 * @throws OAuthError `OAUTH_SOURCE_ABSENT` when nobody answers; `OAUTH_SOURCE_FAILED` for a refusal and an
 * answer without a token
 * @example
 * metadataServerToken({
 *   url: 'http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/identity?audience=api',
 *   headers: { 'Metadata-Flavor': 'Google' },
 * })
 */
export function metadataServerToken(options: MetadataServerOptions): WorkloadToken {
  checkNames(options, OPTIONS)
  return async () => readToken(await fetchText(options), new URL(options.url).host, options)
}
