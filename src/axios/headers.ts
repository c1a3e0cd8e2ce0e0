/**
 * Request or response headers of any axios version: a plain object or an `AxiosHeaders`, keys in any case.
 */
export type Headers = Record<string, unknown>

/** Finds the key under which a header stands; `name` in lower case. */
export function findHeader(headers: object | undefined, name: string): string | undefined {
  for (const key in headers) if (key.length === name.length && key.toLowerCase() === name) return key
  return undefined
}

/**
 * Reads a header, whatever its case; several lines are joined. Never by `headers.get`, which in 0.x is the
 * bucket of GET.
 */
export function readHeader(headers: object | undefined, name: string): string | undefined {
  const value = (headers as Headers | undefined)?.[findHeader(headers, name.toLowerCase()) ?? name]
  if (value === undefined || value === null || value === false) return undefined
  return Array.isArray(value) ? value.join(', ') : String(value)
}

/**
 * Copies headers, keeping their kind; assignment, because `AxiosHeaders` of 1.0 lose some when constructed
 * from their like.
 */
export function copyHeaders(headers: object | undefined): Headers {
  return Object.assign(Object.create(headers ? Object.getPrototypeOf(headers) : Object.prototype), headers)
}

/** Writes a header in place of one of another case; `undefined` removes it. */
export function writeHeader(headers: Headers, name: string, value: unknown): void {
  const found = findHeader(headers, name.toLowerCase())
  if (found !== undefined && (found !== name || value === undefined)) {
    delete headers[found]
    writeHeader(headers, name, value) // there may be one more in another case
  } else if (value !== undefined) headers[name] = value
}

/** Removes the headers whose lower-case names match. */
export function dropHeaders(headers: Headers, names: RegExp): void {
  for (const key of Object.keys(headers)) if (names.test(key)) delete headers[key]
}
