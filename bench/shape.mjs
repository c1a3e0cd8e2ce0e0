/**
 * The shape of the code, measured over its syntax tree: `npm run bench -- shape` measures `src` and packages
 * of node_modules beside it, `npm run bench -- shape FOLDER …` other folders.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import ts from 'typescript'

const BESIDE = ['jose/dist/webapi', 'oauth4webapi/build', 'axios/lib', 'keyv/dist', 'axios-retry/dist/esm']

const sourcesOf = folder =>
  readdirSync(folder, { recursive: true })
    .filter(name => /\.(ts|m?js)$/.test(name) && !/\.d\.ts$|\.min\.|node_modules|helpers\/browser/.test(name))
    .map(name => {
      const text = readFileSync(join(folder, name), 'utf8')
      return { text, tree: ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true) }
    })

const LOGICAL = [ts.SyntaxKind.AmpersandAmpersandToken, ts.SyntaxKind.BarBarToken]
const isLogical = node => ts.isBinaryExpression(node) && LOGICAL.includes(node.operatorToken.kind)
const isNullish = node =>
  ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.QuestionQuestionToken
const isLoop = node =>
  ts.isForStatement(node) ||
  ts.isForOfStatement(node) ||
  ts.isForInStatement(node) ||
  ts.isWhileStatement(node) ||
  ts.isDoStatement(node)
const isBranch = node =>
  ts.isIfStatement(node) ||
  ts.isConditionalExpression(node) ||
  ts.isCaseClause(node) ||
  ts.isCatchClause(node) ||
  isLoop(node) ||
  isLogical(node) ||
  isNullish(node)

/** Visits every node below `node`, but not the inside of functions in it where `own` is set. */
function walk(node, visit, own = false) {
  ts.forEachChild(node, child => {
    visit(child)
    if (!(own && ts.isFunctionLike(child))) walk(child, visit, own)
  })
}

function count(node, matches, own) {
  let found = 0
  walk(node, child => (found += matches(child) ? 1 : 0), own)
  return found
}

const median = values => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0
const linesOf = (node, tree) =>
  tree.getLineAndCharacterOfPosition(node.end).line -
  tree.getLineAndCharacterOfPosition(node.getStart()).line +
  1
const operatorsOf = node => (isLogical(node) ? 1 + operatorsOf(node.left) + operatorsOf(node.right) : 0)
const isTernaryInTernary = node =>
  ts.isConditionalExpression(node) && count(node, ts.isConditionalExpression, true) > 0
const isLongCondition = node => isLogical(node) && !isLogical(node.parent) && operatorsOf(node) > 3

function measure(folder) {
  const sources = sourcesOf(folder)
  const lines = sources.map(({ text }) => text.split('\n'))
  const all = lines.flat()
  const functions = []
  let ternaries = 0
  let conditions = 0
  for (const { tree } of sources)
    walk(tree, node => {
      if (isTernaryInTernary(node)) ternaries++
      if (isLongCondition(node)) conditions++
      if (ts.isFunctionLike(node) && node.body)
        functions.push({ lines: linesOf(node, tree), branches: count(node.body, isBranch, true) })
    })
  const sizes = lines.map(file => file.length)
  const lengths = functions.map(one => one.lines)
  const above = most => functions.filter(({ branches }) => branches > most).length
  return {
    files: `${sources.length}, ${median(sizes)} / ${Math.max(...sizes)} lines`,
    functions: `${functions.length}, ${median(lengths)} / ${Math.max(...lengths)} lines`,
    '> 15 (25) branches': `${above(15)} (${above(25)})`,
    'nested ternaries / 1000 lines': ((ternaries * 1000) / all.length).toFixed(1),
    'lines > 100': `${((all.filter(line => line.length > 100).length * 100) / all.length).toFixed(1)} %`,
    'conditions ≥ 4 operators': conditions,
  }
}

const given = process.argv.slice(2)
const folders = given.length > 0 ? given : ['src', ...BESIDE.map(name => `node_modules/${name}`)]
const table = folders.filter(existsSync).map(folder => {
  const name = folder.replace('node_modules/', '').split('/')[0]
  return [given.length > 0 ? basename(folder) : name, measure(folder)]
})
console.log('Files and functions: how many, median / greatest length.')
console.table(Object.fromEntries(table))
