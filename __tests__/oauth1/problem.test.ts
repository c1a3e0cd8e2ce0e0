import type { IncomingResponse } from '../../src/auth/scheme'
import { problemOf } from '../../src/oauth1/problem'

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
  ['words about the clock', of(401, '{"code":135,"message":"Timestamp out of bounds."}'), { kind: 'timestamp' }],
  ['a token by another name', of(401, '', 'OAuth realm="1", error="token_rejected"'), { kind: 'token_rejected' }],
  [
    'the times that are taken',
    of(401, 'oauth_problem=timestamp_refused&oauth_acceptable_timestamps=100-300'),
    { kind: 'timestamp', time: 200 },
  ],
  ['what is named counts more than words', of(401, 'oauth_problem=signature_invalid&advice=timestamp'), undefined],
  ['a success', of(200, 'oauth_problem=nonce_used'), undefined],
  ['trouble', of(500, 'oauth_problem=nonce_used'), undefined],
  ['a bad request that only mentions it', of(400, 'timestamp is missing'), undefined],
  ['an answer to a request without credentials', of(401, 'oauth_problem=nonce_used', '', false), undefined],
  ['nothing', of(401, undefined), undefined],
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
