/**
 * Request or response headers of any axios version: a plain object or an `AxiosHeaders`, keys in any case.
 */
export type Headers = Record<string, unknown>

const isSame = (key: string, name: string) =>
  key.length === name.length && key.toLowerCase() === name.toLowerCase()

/** Finds the key under which a header stands. */
export function findHeader(headers: object | undefined, name: string): string | undefined {
  for (const key in headers) if (isSame(key, name)) return key
  return undefined
}

/**
 * Reads a header in any case; several lines are joined. Not with `headers.get`, which in axios 0.x holds the
 * defaults for GET.
 */
export function readHeader(headers: object | undefined, name: string): string | undefined {
  const value = (headers as Headers | undefined)?.[findHeader(headers, name) ?? name]
  if (value === undefined || value === null || value === false) return undefined
  return Array.isArray(value) ? value.join(', ') : String(value)
}

/**
 * Copies headers and keeps their kind, by assignment, because `AxiosHeaders` of 1.0 lose some in their
 * constructor.
 */
export function copyHeaders(headers: object = {}): Headers {
  return Object.assign(Object.create(Object.getPrototypeOf(headers)), headers)
}

/** Writes a header in place of those of another case; `undefined` removes it. */
export function writeHeader(headers: Headers, name: string, value: unknown): void {
  for (const key in headers) if (isSame(key, name)) delete headers[key]
  if (value !== undefined) headers[name] = value
}
