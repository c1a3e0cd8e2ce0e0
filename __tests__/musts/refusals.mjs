/**
 * Finds the refusals in a source file over its syntax tree: each operand of a condition that guards an error,
 * and each line of a table of checks. A refusal is named by its function and its condition, so that a moved
 * line changes nothing.
 */
import ts from 'typescript'

const isFailing = /^(?:refuse|refused|fail|reject|invalid|Promise\.reject|\w*Error)$/
const compares = new Set([
  ts.SyntaxKind.EqualsEqualsEqualsToken,
  ts.SyntaxKind.ExclamationEqualsEqualsToken,
  ts.SyntaxKind.LessThanToken,
  ts.SyntaxKind.LessThanEqualsToken,
  ts.SyntaxKind.GreaterThanToken,
  ts.SyntaxKind.GreaterThanEqualsToken,
  ts.SyntaxKind.AmpersandAmpersandToken,
  ts.SyntaxKind.BarBarToken,
])

/** Whether a branch ends in an error. */
function refuses(statement) {
  const last = ts.isBlock(statement) ? statement.statements.at(-1) : statement
  if (last === undefined) return false
  if (ts.isThrowStatement(last)) return true
  return (
    ts.isReturnStatement(last) &&
    !!last.expression &&
    ts.isCallExpression(last.expression) &&
    isFailing.test(last.expression.expression.getText())
  )
}

/** The operands of `a || b || c`. */
function operands(node) {
  if (ts.isParenthesizedExpression(node)) return operands(node.expression)
  const isOr = ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.BarBarToken
  return isOr ? [...operands(node.left), ...operands(node.right)] : [node]
}

const isCheck = node =>
  ts.isPropertyAssignment(node) &&
  ts.isBinaryExpression(node.initializer) &&
  compares.has(node.initializer.operatorToken.kind)

const throws = node =>
  ts.isThrowStatement(node) || !!ts.forEachChild(node, child => throws(child) || undefined)

/** The nearest function that has a name. */
function symbolOf(node) {
  for (let at = node.parent; at; at = at.parent) {
    if (ts.isFunctionLike(at) && at.name) return at.name.getText()
    if (ts.isVariableDeclaration(at) && at.initializer && ts.isArrowFunction(at.initializer))
      return at.name.getText()
  }
  return 'module'
}

function isInThrowingFunction(node) {
  for (let at = node.parent; at; at = at.parent) if (ts.isFunctionLike(at) && at.body) return throws(at.body)
  return false
}

/** Each refusal as `{ name, start, end, isTable }`: a table's check is disabled by true, a guard by false. */
export function refusalsIn(text, fileName) {
  const source = ts.createSourceFile(fileName, text, ts.ScriptTarget.Latest, true)
  const found = []
  const seen = new Map()
  const add = (node, isTable) => {
    const plain = `${symbolOf(node)}: ${node.getText().replace(/\s+/g, ' ')}`
    const times = (seen.get(plain) ?? 0) + 1
    seen.set(plain, times)
    found.push({
      name: times > 1 ? `${plain} (${times})` : plain,
      start: node.getStart(),
      end: node.end,
      isTable,
    })
  }
  const visit = node => {
    if (ts.isIfStatement(node) && refuses(node.thenStatement)) {
      for (const operand of operands(node.expression)) add(operand, false)
      visit(node.thenStatement)
      if (node.elseStatement) visit(node.elseStatement)
    } else if (isCheck(node) && isInThrowingFunction(node)) add(node.initializer, true)
    else ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}
