/**
 * What `await using` asks of a value, where the compiler's libraries know it; else nothing, so that older
 * compilers read this.
 */
export type UsedAsync = SymbolConstructor extends { readonly asyncDispose: infer Name }
  ? { [name in Name & symbol]: () => Promise<void> }
  : object

/** The name that `await using` calls: the runtime's, else the one that compilers put in its place. */
export const asyncDispose: symbol =
  (Symbol as { asyncDispose?: symbol }).asyncDispose ?? /* @__PURE__ */ Symbol.for('Symbol.asyncDispose')
