/**
 * The names of the tests in a file, without running it: read off the syntax tree, so that it does not matter
 * how they are written. Skipped tests do not count. Placeholders of `test.each` are filled in where the table
 * says with what.
 */
import ts from 'typescript'

const sectionIn =
  /^(?:(RFC \d+),? )?(?:sections?|(appendix)) (\d+(?:\.\d+)*|[A-Z](?:\.\d+)*)\b([^:]*?)(?:: (.+))?$/s
const placeholder = /%[psdifjo#$]|\$[A-Za-z_][\w.]*/g
const isTest = /^(test|it)$/
const isGroup = /^(describe|optional)$/

/** Without what only types need: `x as const`, `(x)`. */
function plain(node) {
  while (ts.isAsExpression(node) || ts.isParenthesizedExpression(node) || ts.isSatisfiesExpression(node))
    node = node.expression
  return node
}

/** A text that is written down where it is used; what is computed in it becomes `…`. */
function textOf(given) {
  const node = given && plain(given)
  if (node === undefined) return undefined
  if (ts.isStringLiteralLike(node)) return node.text
  if (ts.isTemplateExpression(node))
    return node.head.text + node.templateSpans.map(({ literal }) => `…${literal.text}`).join('')
  if (!ts.isBinaryExpression(node) || node.operatorToken.kind !== ts.SyntaxKind.PlusToken) return undefined
  const [left, right] = [textOf(node.left), textOf(node.right)]
  return left === undefined && right === undefined ? undefined : `${left ?? '…'}${right ?? '…'}`
}

/** How a value of a table is shown, or nothing when it is not written down there: `{ text, code }`. */
function shown(given) {
  const node = plain(given)
  if (ts.isStringLiteralLike(node)) return { text: node.text, quoted: `'${node.text}'` }
  if (ts.isIdentifier(node) && node.text !== 'undefined') return undefined
  const isSimple =
    ts.isNumericLiteral(node) ||
    ts.isIdentifier(node) ||
    ts.isPrefixUnaryExpression(node) ||
    [ts.SyntaxKind.NullKeyword, ts.SyntaxKind.TrueKeyword, ts.SyntaxKind.FalseKeyword].includes(node.kind)
  return isSimple ? { text: node.getText(), quoted: node.getText() } : undefined
}

/** The rows of a table, each `{ cells, named }`; nothing when they are made elsewhere. */
function rowsOf(table) {
  if (ts.isTaggedTemplateExpression(table)) return undefined
  const list = table.arguments[0] && plain(table.arguments[0])
  if (list === undefined || !ts.isArrayLiteralExpression(list) || list.elements.some(ts.isSpreadElement))
    return undefined
  return list.elements.map(given => {
    const row = plain(given)
    const named = new Map()
    if (ts.isObjectLiteralExpression(row))
      for (const property of row.properties)
        if (ts.isPropertyAssignment(property)) named.set(property.name.getText(), shown(property.initializer))
    return { cells: ts.isArrayLiteralExpression(row) ? row.elements.map(shown) : [shown(row)], named }
  })
}

/** What a call is: the name that it begins with (`test`), the members on the way (`each`), and its table. */
function calleeOf(call) {
  const members = []
  let node = call.expression
  let table
  for (;;) {
    if (ts.isPropertyAccessExpression(node)) members.push(node.name.text)
    else if (ts.isCallExpression(node) || ts.isTaggedTemplateExpression(node)) table = node
    else break
    node = node.expression ?? node.tag
  }
  const name = ts.isIdentifier(node) ? node.text : ''
  const isSkipped =
    /^x(test|it|describe)$/.test(name) || members.some(one => /^(skip|todo|failing)$/.test(one))
  return {
    name: name.replace(/^[xf](?=test|it|describe)/, ''),
    isSkipped,
    isEach: members.includes('each'),
    table,
  }
}

/** Markdown that shows the text as it is, also in a table. */
const escaped = text => text.replace(/\s+/g, ' ').replace(/[\\`*<|[\]]/g, '\\$&')
const code = text => (/[`]/.test(text) ? escaped(text) : `\`${text.replaceAll('|', '\\|')}\``)

/** One value: what a person wrote as words stays words. */
function asMarkdown(mark, cell) {
  if (mark !== '%p' && mark !== '%j' && /^[a-z\d]+ .*[a-z]/i.test(cell.text)) return escaped(cell.text)
  return code(mark === '%p' || cell.text.trim() === '' ? cell.quoted : cell.text)
}

const oneOf = list => (list.length < 2 ? list.join('') : `${list.slice(0, -1).join(', ')} or ${list.at(-1)}`)

const run = /(?:%[psdifjo#$]|\$[A-Za-z_][\w.]*)(?: (?:%[psdifjo#$]|\$[A-Za-z_][\w.]*))*/g

/**
 * The values that stand in place of placeholders, as Markdown, without repeats; nothing where they are
 * made elsewhere.
 */
function valuesOf(marks, rows) {
  const lines = (rows ?? []).map(({ cells, named }) =>
    marks.map(({ mark, index }) => {
      const cell = index === undefined ? named.get(mark.slice(1)) : cells[index]
      return cell && asMarkdown(mark, cell)
    }),
  )
  return lines.every(line => line.every(Boolean)) ? [...new Set(lines.map(line => line.join(' ')))] : []
}

/**
 * A name as Markdown. Values are named where they are few and short. Else two of them are, and `…`; at the
 * end, after a colon, or in brackets they then say nothing that the name does not say, and go. `first` is
 * the column of the first placeholder.
 */
function rendered(name, rows, first) {
  if (rows === null) return escaped(name)
  let next = first
  let text = ''
  let from = 0
  for (const { 0: found, index } of name.matchAll(run)) {
    const marks = found
      .match(placeholder)
      .map(mark => ({ mark, index: /^%[^#$]/.test(mark) ? next++ : undefined }))
    const values = valuesOf(marks, rows)
    const before = name.slice(from, index)
    from = index + found.length
    if (values.length > 0 && values.length < 7 && values.join().length < 110)
      text += escaped(before) + oneOf(values)
    else if (from === name.length && before.endsWith(': ')) text += escaped(before.slice(0, -2))
    else if (before.endsWith(' (') && name[from] === ')') {
      text += escaped(before.slice(0, -2))
      from++
    } else text += escaped(before) + (values.length > 1 ? `${values.slice(0, 2).join(', ')} …` : '…')
  }
  return text + escaped(name.slice(from))
}

/**
 * `{ of, section, label, text }` of a name that begins with a section: of which document, its number, how
 * it is written.
 */
function placeOf(name) {
  const found = sectionIn.exec(name)
  if (found === null) return undefined
  const [, before, appendix, number, rest, text = ''] = found
  const elsewhere = / of (the draft|RFC \d+)$/.exec(rest)
  const label = `${number}${elsewhere ? rest.slice(0, elsewhere.index) : rest}`
  return { of: before ?? elsewhere?.[1], section: number, isAppendix: Boolean(appendix), label, text }
}

/** A test of a table whose rows name different sections is as many. */
function variants(name, rows) {
  const mark = /%[psdifjo]|\$[A-Za-z_]\w*/.exec(name)
  if (placeOf(name) || !rows || mark === null) return [{ name, rows, first: 0 }]
  const key = mark[0].slice(1)
  const cells = rows.map(({ cells, named }) => (mark[0][0] === '%' ? cells[0] : named.get(key)))
  const names = cells.map(cell => cell && name.replace(mark[0], () => cell.text))
  if (!names.every(one => one && placeOf(one))) return [{ name, rows, first: 0 }]
  return names.map((one, index) => ({ name: one, rows: [rows[index]], first: mark[0][0] === '%' ? 1 : 0 }))
}

/**
 * Every test of a source text that is run: `{ line, groups, name, place, text }`. `place` is where the
 * name, or a group around the test, says that the rule stands; `text` is the rule as Markdown.
 */
export function testsOf(path, source) {
  const file = ts.createSourceFile(path, source, ts.ScriptTarget.Latest, true)
  const found = []

  function add(call, callee, groups) {
    const name = textOf(call.arguments[0])
    const line = file.getLineAndCharacterOfPosition(call.getStart()).line + 1
    if (name === undefined)
      return found.push({ line, groups, name: call.arguments[0]?.getText() ?? '', text: '' })
    const rows = callee.isEach && callee.table ? rowsOf(callee.table) : null
    for (const one of variants(name, rows)) {
      const own = placeOf(one.name)
      if (own?.text) {
        // what stands before the rule may have used up values
        const used = one.name.slice(0, -own.text.length).match(/%[psdifjo]/g)?.length ?? 0
        found.push({ line, groups, name, place: own, text: rendered(own.text, one.rows, one.first + used) })
        continue
      }
      const around = groups.map(placeOf).findLast(Boolean)
      const text = rendered(one.name, one.rows, one.first)
      found.push({
        line,
        groups,
        name,
        place: around,
        text: around?.text ? `${rendered(around.text, undefined, 0)}: ${text}` : text,
      })
    }
  }

  function visit(node, groups) {
    if (!ts.isCallExpression(node)) return ts.forEachChild(node, child => visit(child, groups))
    const callee = calleeOf(node)
    const name = textOf(node.arguments[0])
    const hasBody = node.arguments.slice(1).some(one => ts.isFunctionLike(plain(one)))
    const isNamed = hasBody && name !== undefined && placeOf(name) !== undefined && !isGroup.test(callee.name)
    if ((isTest.test(callee.name) && hasBody) || isNamed) {
      if (!callee.isSkipped) add(node, callee, groups)
    } else if (isGroup.test(callee.name) && hasBody) {
      if (!callee.isSkipped)
        for (const argument of node.arguments.slice(1))
          visit(argument, [...groups, name ?? argument.getText()])
    } else ts.forEachChild(node, child => visit(child, groups))
  }
  visit(file, [])
  return found
}
