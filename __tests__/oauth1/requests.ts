/** Random requests, for Node and for browsers. */
import * as fc from 'fast-check'
import type { BodyHash, Placement } from '../../src/oauth1/options'

const methods = ['get', 'post', 'put', 'patch', 'delete', 'head', 'options'] as const
// what tends to go wrong: reserved characters, escapes, plus, unicode, the names that protocols use
const awkward = fc.constantFrom(
  '',
  'a',
  'a2',
  'a.b',
  'a b',
  '+',
  '%',
  '%20',
  '&',
  '=',
  "!*'()",
  '[x]',
  'é',
  '日本',
  '😀',
  '~',
  '/',
  '?',
  '#',
  ':@$,;',
  '|^{}`"<>\\',
  'realm',
  'oauth_thing',
  'oauth_a',
  '\u0000',
  '\t',
)
const word = fc.oneof(
  awkward,
  fc.string({ maxLength: 8 }),
  fc.string({ unit: 'binary', maxLength: 4 }).filter(s => !/[\ud800-\udfff]/.test(s)),
)
const name = word.filter(text => !(text in {}))
const scalar = fc.oneof(word, fc.integer(), fc.boolean())
const params = fc.oneof(
  fc.constant(undefined),
  fc.dictionary(name, fc.oneof(scalar, fc.array(scalar, { maxLength: 3 }), fc.constant(null)), {
    maxKeys: 5,
  }),
  fc.dictionary(name, fc.dictionary(name, scalar, { maxKeys: 2 }), { maxKeys: 2 }),
  fc.array(fc.tuple(word, word), { maxLength: 5 }).map(pairs => new URLSearchParams(pairs)),
)
// as it may stand in a URL that somebody wrote by hand
const wirePiece = fc.oneof(
  fc.constantFrom(
    'a',
    'A',
    'b2',
    '%41',
    '%2d',
    '%e9',
    '%C3%A9',
    '+',
    '~',
    '*',
    ':',
    '@',
    '$',
    ',',
    ';',
    '/',
    '!',
    "'",
    '(',
    ')',
    '[',
    ']',
    '%26',
    '%3D',
    '%25',
  ),
  word.map(encodeURIComponent),
)
const wireText = fc.array(wirePiece, { maxLength: 3 }).map(pieces => pieces.join(''))
const query = fc
  .array(
    fc.oneof(
      fc.tuple(wireText, wireText).map(pair => pair.join('=')),
      wireText,
      fc.constant('a=b=c'),
      fc.constant('='),
    ),
    { maxLength: 4 },
  )
  .map(pairs => pairs.join('&'))
const path = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        'a',
        'B',
        '%20',
        '%2F',
        'é',
        ';p=1',
        '~x',
        "o'clock",
        '(1)',
        'a:b',
        '@',
        '$',
        '1,2',
        'a+b',
        '[1]',
        'x|y',
        'trailing;',
      ),
      fc.stringMatching(/^[a-z0-9]{1,6}$/),
    ),
    { minLength: 1, maxLength: 3 },
  )
  .map(parts => `/${parts.join('/')}`)

const formText = fc
  .array(fc.tuple(wireText, wireText), { maxLength: 5 })
  .map(pairs => pairs.map(pair => pair.join('=')).join('&'))
const FORM = 'application/x-www-form-urlencoded'
const body = fc.oneof(
  fc.record({ kind: fc.constant('none'), data: fc.constant(undefined) }),
  fc.record({ kind: fc.constant('form text'), data: formText }),
  fc.record({
    kind: fc.constant('typed form text'),
    data: formText,
    type: fc.constantFrom(
      FORM,
      `${FORM};charset=UTF-8`,
      `${FORM} ; charset=iso-8859-1`,
      'Application/X-WWW-Form-Urlencoded',
    ),
  }),
  fc.record({
    kind: fc.constant('search parameters'),
    data: fc.array(fc.tuple(word, word), { maxLength: 5 }).map(pairs => new URLSearchParams(pairs)),
  }),
  fc.record({
    kind: fc.constant('form bytes'),
    data: formText.map(text => new TextEncoder().encode(text)),
    type: fc.constant(FORM),
  }),
  fc.record({
    kind: fc.constant('form object'),
    data: fc.dictionary(name, scalar, { maxKeys: 4 }),
    type: fc.constant(FORM),
  }),
  fc.record({ kind: fc.constant('json'), data: fc.dictionary(name, scalar, { maxKeys: 4 }) }),
  fc.record({
    kind: fc.constant('bytes'),
    data: fc.uint8Array({ maxLength: 40 }).map(bytes => bytes),
    type: fc.constant('application/octet-stream'),
  }),
)

/** A random request. */
export const request = fc.record({
  method: fc.constantFrom(...methods),
  path,
  query,
  params,
  body,
  absolute: fc.boolean(),
  upperCaseHost: fc.boolean(),
  hash: fc.constantFrom('', '#frag', '#?x=1'),
  serializer: fc.boolean(),
})

/** Random options of signing; the method by name. */
export const options = fc.record({
  signatureMethod: fc.constantFrom('hmacSha1', 'hmacSha256', 'hmacSha512', 'rsaSha256', 'plaintext'),
  placement: fc.constantFrom('header', 'header', 'query', 'body') as fc.Arbitrary<Placement>,
  realm: fc.constantFrom('', 'Photos', 'a "quoted" \\ realm'),
  version: fc.boolean(),
  lenient: fc.boolean(),
  bodyHash: fc.constantFrom('never', 'never', 'auto', 'always', {
    when: 'auto',
    hash: 'SHA-256',
  } as const) as fc.Arbitrary<BodyHash>,
})

/**
 * Protocol parameters can stand in the body only where that is a form; text without a type is one with three
 * methods.
 */
export function fitting(placement: Placement, method: string, kind: string, data: unknown): Placement {
  if (placement !== 'body') return placement
  const form = kind === 'form text' ? /post|put|patch/.test(method) : /typed|search|form bytes/.test(kind)
  return data !== undefined && form ? 'body' : 'header'
}

/** A serializer of one's own, in the form that the version wants. */
export function serializers(library: unknown): unknown {
  const serialize = (params: object) =>
    Object.entries(params)
      .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}+%7e`)
      .join('&')
  const { VERSION = '0' } = library as { VERSION?: string }
  return /^(0\.2|0$)/.test(VERSION) ? serialize : { serialize }
}
