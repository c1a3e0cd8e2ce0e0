/** A scope in the form of requests: names separated by spaces; `undefined` if there is none. */
export const joinScope = (scope: string | readonly string[] | null | undefined): string | undefined =>
  [scope].flat().join(' ') || undefined

/**
 * Writes parameters as a form: a list becomes repeated keys (that of `scope` one text), `undefined` and
 * `null` are left out, everything else (`false`, `0`, `''` too) is sent.
 * @see https://www.rfc-editor.org/rfc/rfc6749#appendix-B
 */
export function toForm(
  parameters: Record<string, string | number | boolean | readonly string[] | null | undefined>,
): URLSearchParams {
  const form = new URLSearchParams()
  for (const name in parameters)
    for (const value of [
      name === 'scope' ? joinScope(parameters[name] as string) : parameters[name],
    ].flat() as unknown[])
      if (value !== undefined && value !== null) form.append(name, String(value))
  return form
}

/**
 * Writes one value as a form does: a space becomes `+`, everything but letters, digits and `*-._` is
 * percent-encoded as UTF-8.
 */
export const formEncode = (value: string): string => new URLSearchParams([['', value]]).toString().slice(1)
