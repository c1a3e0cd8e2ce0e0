import * as fc from 'fast-check'
import { percentEncode } from '../../src/lib/percent'

test.each([
  ['abcABC123', 'abcABC123'],
  ['-._~', '-._~'],
  ['%', '%25'],
  ['+', '%2B'],
  ['&=*', '%26%3D%2A'],
  ["!'()", '%21%27%28%29'],
  ['\u000a', '%0A'],
  ['\u0020', '%20'],
  ['\u007f', '%7F'],
  ['\u0080', '%C2%80'],
  ['\u3001', '%E3%80%81'],
  ['☃', '%E2%98%83'],
  ['😀', '%F0%9F%98%80'],
  ['a\ud800b', 'a%EF%BF%BDb'],
  ['\udc00\ud800', '%EF%BF%BD%EF%BF%BD'],
  ['', ''],
])('%j becomes %s', (text, encoded) => {
  expect(percentEncode(text)).toBe(encoded)
})

test('nothing but unreserved characters and escapes in upper case; decoding gives the text back', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), text => {
      const encoded = percentEncode(text)
      expect(encoded).toMatch(/^([A-Za-z0-9\-._~]|%[0-9A-F]{2})*$/)
      expect(decodeURIComponent(encoded)).toBe(text)
    }),
  )
})
