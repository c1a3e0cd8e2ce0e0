import fc from 'fast-check'
import * as oauth from 'oauth4webapi'
import { challengeOf, parseChallenges } from '../../src/lib/www-authenticate.js'
import { sized } from '../support/long.js'

/** What oauth4webapi reads in the header; undefined where it has no opinion. */
async function oracle(header: string) {
  let response: Response
  try {
    response = new Response(null, { status: 401, headers: { 'www-authenticate': header } })
  } catch {
    return undefined
  }
  const error = await oauth.processRevocationResponse(response).catch((reason: unknown) => reason)
  return error instanceof oauth.WWWAuthenticateChallengeError ? error.cause : undefined
}

const plain = (header: string) =>
  parseChallenges(header.trim()).map(({ scheme, parameters, token68 }) => ({
    scheme,
    parameters: { ...parameters },
    ...(token68 === undefined ? {} : { token68 }),
  }))

describe('parseChallenges', () => {
  test.each<[string, string, ReturnType<typeof plain>]>([
    ['nothing', '', []],
    ['a scheme alone', 'Bearer', [{ scheme: 'bearer', parameters: {} }]],
    [
      'several challenges (RFC 9449 figure 18)',
      'Bearer error="invalid_token", error_description="Invalid token", DPoP algs="ES256 PS256"',
      [
        { scheme: 'bearer', parameters: { error: 'invalid_token', error_description: 'Invalid token' } },
        { scheme: 'dpop', parameters: { algs: 'ES256 PS256' } },
      ],
    ],
    [
      'a scheme without parameters before another (RFC 9449 figure 17)',
      'Bearer, DPoP algs="ES256 PS256"',
      [
        { scheme: 'bearer', parameters: {} },
        { scheme: 'dpop', parameters: { algs: 'ES256 PS256' } },
      ],
    ],
    [
      'the example of RFC 9110 11.6.1',
      'Basic realm="simple", Newauth realm="apps", type=1, title="Login to \\"apps\\""',
      [
        { scheme: 'basic', parameters: { realm: 'simple' } },
        { scheme: 'newauth', parameters: { realm: 'apps', type: '1', title: 'Login to "apps"' } },
      ],
    ],
    [
      'commas, equals signs and a challenge inside quotes',
      'Bearer realm="a, DPoP error=\\"use_dpop_nonce\\"", error=invalid_token',
      [{ scheme: 'bearer', parameters: { realm: 'a, DPoP error="use_dpop_nonce"', error: 'invalid_token' } }],
    ],
    [
      'token68 beside parameters',
      'Negotiate YII/+a~b.c_d-e==, Basic realm=x',
      [
        { scheme: 'negotiate', parameters: {}, token68: 'YII/+a~b.c_d-e==' },
        { scheme: 'basic', parameters: { realm: 'x' } },
      ],
    ],
    [
      'token68 with one padding sign',
      'Negotiate abc=',
      [{ scheme: 'negotiate', parameters: {}, token68: 'abc=' }],
    ],
    [
      'case and space around the equals sign',
      'BEARER  Realm = "x" ,ERROR\t=\tinvalid_token',
      [{ scheme: 'bearer', parameters: { realm: 'x', error: 'invalid_token' } }],
    ],
    ['empty list elements', ' ,, Bearer a=1,, ,b=2,', [{ scheme: 'bearer', parameters: { a: '1', b: '2' } }]],
    [
      'a space before the comma',
      'Bearer , DPoP algs=ES256',
      [
        { scheme: 'bearer', parameters: {} },
        { scheme: 'dpop', parameters: { algs: 'ES256' } },
      ],
    ],
    ['an empty quoted string', 'Bearer realm=""', [{ scheme: 'bearer', parameters: { realm: '' } }]],
    ['of two equal names the last', 'Bearer a=1, A=2', [{ scheme: 'bearer', parameters: { a: '2' } }]],
    [
      'a URL without quotes',
      'Bearer resource_metadata=https://a.example/x?y, error=e',
      [{ scheme: 'bearer', parameters: { resource_metadata: 'https://a.example/x?y', error: 'e' } }],
    ],
    [
      'an unterminated quote: what came before',
      'Bearer error=e, realm="x',
      [{ scheme: 'bearer', parameters: { error: 'e' } }],
    ],
    [
      'quotes within quotes: what came before',
      'Bearer a="x "y" z"',
      [{ scheme: 'bearer', parameters: { a: 'x ' } }],
    ],
    ['no challenge at all', '="', []],
  ])('%s', (_name, header, expected) => {
    expect(plain(header)).toEqual(expected)
  })

  test('names that the language gives a meaning are plain names', () => {
    const parameters = challengeOf('Bearer __proto__=a, constructor=b', 'bearer')
    expect(Object.keys(parameters ?? {})).toEqual(['__proto__', 'constructor'])
    expect(challengeOf('Bearer a=b', 'bearer')?.toString).toBeUndefined()
  })

  test('challengeOf picks the first of its scheme', () => {
    expect(challengeOf('Bearer a=1, DPoP a=2, DPoP a=3', 'dpop')).toEqual({ a: '2' })
    expect(challengeOf('Bearer a=1', 'dpop')).toBeUndefined()
    expect(challengeOf(undefined, 'dpop')).toBeUndefined()
  })

  const RUNS = sized(2000, 10_000)
  test(`${RUNS} random headers: no throw, and no difference from oauth4webapi where it has an opinion`, async () => {
    const token = fc.constantFrom(
      'Bearer',
      'DPoP',
      'basic',
      'realm',
      'error',
      'scope',
      'a',
      'B!x',
      "x'*",
      '1',
    )
    const quoted = fc.oneof(
      fc
        .string({ unit: fc.constantFrom('a', ' ', ',', '=', '\\', '"', '/', 'é') })
        .map(text => `"${text.replace(/["\\]/g, '\\$&')}"`),
      fc.string({ maxLength: 8 }).map(text => `"${text}"`),
    )
    const piece = fc.oneof(
      {
        weight: 6,
        arbitrary: fc
          .tuple(token, fc.constantFrom('=', ' = ', '= '), fc.oneof(token, quoted))
          .map(p => p.join('')),
      },
      { weight: 3, arbitrary: token },
      {
        weight: 2,
        arbitrary: fc.constantFrom('abc==', 'YII/+~', 'a=', 'a==b', 'x/y=z', '"', '\\', '==', 'é', '\u00a0'),
      },
      { weight: 1, arbitrary: fc.string({ maxLength: 6 }) },
    )
    const separator = fc.constantFrom(' ', ', ', ',', ' , ', '', '\t', ',,')
    const wild = fc.array(fc.tuple(piece, separator), { maxLength: 10 }).map(parts => parts.flat().join(''))
    const space = fc.constantFrom('', '', ' ', '\t ')
    const comma = fc.tuple(space, fc.constantFrom(',', ',', ', ,'), space).map(parts => parts.join(''))
    const parameter = fc
      .tuple(token, space, fc.constant('='), space, fc.oneof(token, quoted))
      .map(parts => parts.join(''))
    const challenge = fc.tuple(
      token,
      fc.oneof(
        fc.constantFrom('', ' abc==', ' YII/+~'),
        fc
          .tuple(fc.array(fc.tuple(parameter, comma), { maxLength: 3 }), parameter)
          .map(([head, last]) => ` ${head.flat().join('')}${last}`),
      ),
    )
    const regular = fc
      .array(fc.tuple(challenge, comma), { maxLength: 4 })
      .map(parts => parts.flat(2).join(''))
    const header = fc.oneof(wild, regular)
    let opinions = 0
    await fc.assert(
      fc.asyncProperty(header, async text => {
        const ours = plain(text)
        const theirs = await oracle(text)
        if (!theirs) return
        opinions++
        expect(ours).toEqual(theirs)
      }),
      { numRuns: RUNS },
    )
    expect(opinions).toBeGreaterThan(RUNS / 10)
  }, 60_000)
})
