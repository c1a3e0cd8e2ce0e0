import fc from 'fast-check'
import { base64, base64url, decodeBase64url, fromBase64url } from '../../src/lib/base64url.js'
import { formEncode, toForm } from '../../src/lib/form.js'
import { utf8 } from '../../src/lib/utf8.js'

const bytes = fc.uint8Array({ maxLength: 70 })
const text = fc.string({ unit: 'binary' })

it('base64 and base64url are those of Node', () => {
  fc.assert(
    fc.property(bytes, some => {
      expect(base64(some)).toBe(Buffer.from(some).toString('base64'))
      expect(base64url(some)).toBe(Buffer.from(some).toString('base64url'))
    }),
  )
})

it('both are read back, with padding or without', () => {
  fc.assert(
    fc.property(bytes, some => {
      expect(fromBase64url(base64url(some))).toEqual(some)
      expect(fromBase64url(base64(some))).toEqual(some)
    }),
  )
})

it('what is neither is not read', () => {
  for (const wrong of ['a', 'abcde', 'ab c', 'ab.c', 'a===', 'é', 'ab\n', '===='])
    expect(fromBase64url(wrong)).toBeUndefined()
  expect(fromBase64url('')).toEqual(new Uint8Array())
})

it('text comes back from UTF-8, or fails', () => {
  fc.assert(
    fc.property(text, some => {
      expect(decodeBase64url(Buffer.from(some).toString('base64url'))).toBe(Buffer.from(some).toString())
    }),
  )
  expect(() => decodeBase64url('a')).toThrow(URIError)
  expect(() => decodeBase64url(base64url(Uint8Array.of(0xff, 0xfe)))).toThrow(URIError)
})

it('UTF-8 is that of TextEncoder', () => {
  fc.assert(fc.property(text, some => expect(utf8(some)).toEqual(Uint8Array.from(Buffer.from(some)))))
  for (const odd of ['\ud800', 'a\udfff', '\udc00\ud800', '%+ %2B', '\u0000'])
    expect(utf8(odd)).toEqual(Uint8Array.from(Buffer.from(odd)))
})

it('a form is written as URLSearchParams writes it', () => {
  expect(formEncode("a b+c&d=e/é*-._~!'()")).toBe('a+b%2Bc%26d%3De%2F%C3%A9*-._%7E%21%27%28%29')
  expect(`${toForm({ a: ['1', '2'], b: null, c: undefined, d: '', e: 0, f: false, g: [] })}`).toBe(
    'a=1&a=2&d=&e=0&f=false',
  )
})
