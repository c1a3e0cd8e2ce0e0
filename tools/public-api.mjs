/**
 * What users can import, read from the sources by the compiler: the checks of names and of docstrings ask the
 * same thing.
 */
import { join } from 'node:path'
import ts from 'typescript'
import { entries, root } from './entries.mjs'

/**
 * For each entry `{ specifier, exports }`, where an export is
 * `{ name, kind: 'value' | 'type', documented, where }`.
 */
export function publicApi() {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.build.json'), ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root)
  const list = entries()
  const program = ts.createProgram(
    list.map(({ source }) => join(root, source)),
    options,
  )
  const checker = program.getTypeChecker()

  function describe(symbol) {
    const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
    const declaration = target.declarations?.[0]
    const file = declaration?.getSourceFile()
    const line = file ? file.getLineAndCharacterOfPosition(declaration.getStart()).line + 1 : 0
    return {
      name: symbol.name,
      kind: target.flags & ts.SymbolFlags.Value ? 'value' : 'type',
      documented: target.getDocumentationComment(checker).length > 0,
      where: file ? `${file.fileName.slice(root.length + 1)}:${line}` : '?',
    }
  }

  return list.map(({ specifier, source }) => {
    const module = checker.getSymbolAtLocation(program.getSourceFile(join(root, source)))
    const found = module ? checker.getExportsOfModule(module).map(describe) : []
    return { specifier, exports: found.sort((a, b) => (a.name < b.name ? -1 : 1)) }
  })
}
