/** A scope as requests carry it: names with spaces between them; `undefined` where none is asked for. */
export const joinScope = (scope: string | readonly string[] | null | undefined): string | undefined =>
  [scope].flat().join(' ') || undefined
