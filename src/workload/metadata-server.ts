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

/** The most bytes of an answer that are read. */
const MAX_ANSWER_BYTES = 1_000_000

/** The text of an answer; nothing if it is too long. */
async function textOf({ body }: Response): Promise<string | undefined> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    length += chunk.length
    if (length > MAX_ANSWER_BYTES) return undefined
    chunks.push(chunk)
  }
  return new Blob(chunks as BlobPart[]).text()
}

/**
 * The text of an address that needs no sign-in. Redirects are not followed. `isHere` says that the service is
 * known to exist, so that silence is a failure of it.
 * @throws OAuthError `OAUTH_SOURCE_ABSENT` when nobody answers; `OAUTH_SOURCE_FAILED` for any answer but a
 * whole 2xx
 */
export async function fetchText(
  { url, headers, timeout = 5, fetch = globalThis.fetch }: MetadataServerOptions,
  isHere = false,
): Promise<string> {
  const { host } = new URL(url)
  const controller = new AbortController()
  let hasAnswered = isHere
  const stop = afterAwake(timeout, () => controller.abort())
  try {
    const response = await fetch(url, {
      headers: headers ?? {},
      redirect: 'manual',
      signal: controller.signal,
    })
    hasAnswered = true
    const { ok, status } = response
    if (!ok) throw oauthError('OAUTH_SOURCE_FAILED', 'status', { host, status }, { status })
    const text = await textOf(response)
    if (text === undefined) throw oauthError('OAUTH_SOURCE_FAILED', 'brokenOff', { host })
    return text
  } catch (error) {
    // The error of fetch may show the headers.
    if ((error as { code?: unknown }).code === 'OAUTH_SOURCE_FAILED') throw error
    // A service that exists is not skipped for a weaker identity.
    if (hasAnswered) throw oauthError('OAUTH_SOURCE_FAILED', 'brokenOff', { host })
    throw oauthError('OAUTH_SOURCE_ABSENT', 'noAnswer', { host })
  } finally {
    stop()
  }
}

/**
 * A token of a metadata server, requested each time.
 * @throws OAuthError `OAUTH_SOURCE_ABSENT` when nobody answers; `OAUTH_SOURCE_FAILED` for a refusal, an
 * answer that breaks off, and one without a token
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
