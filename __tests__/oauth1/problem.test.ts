import type { IncomingResponse } from '../../src/auth/scheme'
import { problemOf } from '../../src/oauth1/problem'
import { growthOf } from '../support/linear.js'

const of = (status: number, data: unknown, challenge?: string, authenticated = true) =>
  problemOf({
    status,
    data,
    authenticated,
    header: name => (name === 'www-authenticate' ? challenge : undefined),
  } as IncomingResponse)

test.each<[string, ReturnType<typeof of>, object | undefined]>([
  ['a challenge', of(401, '', 'OAuth realm="x", oauth_problem="timestamp_refused"'), { kind: 'timestamp' }],
  ['a body', of(400, 'oauth_problem=nonce_used'), { kind: 'nonce' }],
  ['a body that was parsed', of(401, { oauth_problem: 'token_expired' }), { kind: 'token_expired' }],
  ['words', of(401, { message: 'Invalid nonce - nonce has already been used.' }), { kind: 'nonce' }],
  [
    'words about the clock',
    of(401, '{"code":135,"message":"Timestamp out of bounds."}'),
    { kind: 'timestamp' },
  ],
  [
    'a token by another name',
    of(401, '', 'OAuth realm="1", error="token_rejected"'),
    { kind: 'token_rejected' },
  ],
  [
    'the times that are taken',
    of(401, 'oauth_problem=timestamp_refused&oauth_acceptable_timestamps=100-300'),
    { kind: 'timestamp', time: 200 },
  ],
  [
    'what is named counts more than words',
    of(401, 'oauth_problem=signature_invalid&advice=timestamp'),
    undefined,
  ],
  ['a success', of(200, 'oauth_problem=nonce_used'), undefined],
  ['trouble', of(500, 'oauth_problem=nonce_used'), undefined],
  ['a bad request that only mentions it', of(400, 'timestamp is missing'), undefined],
  ['an answer to a request without credentials', of(401, 'oauth_problem=nonce_used', '', false), undefined],
  ['nothing', of(401, undefined), undefined],
  [
    'an echoed base string',
    of(
      401,
      'Invalid signature. Base string: GET&https%3A%2F%2Fx.test%2F&oauth_nonce%3Dused%26oauth_timestamp%3D17',
    ),
    undefined,
  ],
  ['echoed parameters', of(401, '{"oauth_timestamp":"1700000000","oauth_nonce":"used"}'), undefined],
  ['a time of the error itself', of(401, '{"timestamp":"2026-11-26","error":"Invalid consumer"}'), undefined],
  [
    'an echoed parameter of the request',
    of(401, 'invalid signature for /x?timestamp=12&a=expired'),
    undefined,
  ],
  ['words about a late clock', of(401, 'The timestamp is too old.'), { kind: 'timestamp' }],
  ['words in another order', of(401, 'Invalid timestamp'), { kind: 'timestamp' }],
  ['bytes', of(401, Buffer.from('oauth_problem=nonce_used')), { kind: 'nonce' }],
  [
    'an ArrayBuffer',
    of(401, new TextEncoder().encode('oauth_problem=token_expired').buffer),
    { kind: 'token_expired' },
  ],
])('%s', (_, problem, expected) => {
  expect(problem).toEqual(expected)
})

test('a body that cannot be read is none', () => {
  const stream: { self?: unknown } = {}
  stream.self = stream
  expect(of(401, stream)).toBeUndefined()
  expect(of(401, stream, 'OAuth oauth_problem=token_revoked')).toEqual({ kind: 'token_revoked' })
  expect(of(401, 12n)).toBeUndefined()
})

test('a large refusal costs time in proportion to its size', async () => {
  const bytes = (size: number) => expect(of(401, new Uint8Array(size * 20).fill(0x6e))).toBeUndefined()
  const text = (size: number) => expect(of(401, 'timestamp nonce '.repeat(size))).toBeUndefined()
  expect(await growthOf(bytes, 40_000)).toBeLessThan(30)
  expect(await growthOf(text, 40_000)).toBeLessThan(30)
})
