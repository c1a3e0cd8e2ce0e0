import { isSecure, isUnder, originRule } from '../../src/auth/origins.js'

const code = (code: string) => expect.objectContaining({ name: 'OAuthError', code })

describe('isSecure', () => {
  it.each([
    ['https://api.example.com', true],
    ['http://localhost:3000', true],
    ['http://127.0.0.1', true],
    ['http://127.255.3.4:8080', true],
    ['http://[::1]:80', true],
    ['http://0x7f.1/', true], // the parser makes 127.0.0.1 of it, and so does the socket
    ['http://api.example.com', false],
    ['http://localhost.example.com', false],
    ['http://127.0.0.1.example.com', false],
    ['http://128.0.0.1', false],
    ['http://[::2]', false],
    ['ftp://localhost', false],
    ['file:///etc/passwd', false],
  ])('%s: %s', (url, secure) => expect(isSecure(new URL(url))).toBe(secure))

  it('lets allowInsecure name origins, or all of them; never another scheme', () => {
    const url = new URL('http://api.internal:8080/v1')
    expect(isSecure(url, ['http://api.internal:8080'])).toBe(true)
    expect(isSecure(url, ['http://API.internal:8080/'])).toBe(true)
    expect(isSecure(url, ['http://api.internal', 'nonsense'])).toBe(false)
    expect(isSecure(url, true)).toBe(true)
    expect(isSecure(new URL('ftp://api.internal'), true)).toBe(false)
  })
})

describe('originRule', () => {
  const allows = (allowed: Parameters<typeof originRule>[0], url: string) =>
    originRule(allowed, undefined, undefined).allows(new URL(url))

  it.each([
    ['https://api.example.com', 'https://api.example.com/any?x#y', true],
    ['https://API.example.com:443/', 'https://api.example.com/any', true],
    ['https://api.example.com', 'https://api.example.com:8443/any', false],
    ['https://api.example.com', 'http://api.example.com/any', false],
    ['https://api.example.com', 'https://api.example.com.evil.com/', false],
    ['https://api.example.com', 'https://evil.api.example.com/', false],
    ['https://api.example.com', 'https://example.com/', false],
    ['https://example.com/api', 'https://example.com/api', true],
    ['https://example.com/api', 'https://example.com/api/', true],
    ['https://example.com/api/', 'https://example.com/api', true],
    ['https://example.com/api', 'https://example.com/api/x?y', true],
    ['https://example.com/api', 'https://example.com/api2', false],
    ['https://example.com/api', 'https://example.com/API/x', false],
    ['https://example.com/api', 'https://example.com/', false],
    ['https://example.com/api', 'https://example.com/x/api', false],
    ['https://example.com/api', 'https://example.com/api/../x', false],
    ['https://example.com/api', 'https://example.com/api/%2e%2E/x', false],
    ['https://example.com/api', 'https://example.com/api/..%2fx', false],
    ['https://example.com/api', 'https://example.com/api/a%2F..%2f..%2fx', false],
    ['https://example.com/api', 'https://example.com/api/%2e.%5cx', false],
    ['https://example.com/api', 'https://example.com/api/group%2Fproject/x..y', true],
    ['https://example.com/a/../api', 'https://example.com/api/x', true],
    ['https://example.com/api//', 'https://example.com/api/x', true],
  ])('%s allows %s: %s', (allowed, url, allowed2) => expect(allows(allowed, url)).toBe(allowed2))

  it('takes several, and functions', () => {
    expect(allows(['https://a.com', 'https://b.com/x'], 'https://b.com/x/y')).toBe(true)
    expect(allows(['https://a.com', 'https://b.com/x'], 'https://b.com/y')).toBe(false)
    expect(allows(url => url.hostname.endsWith('.example.com'), 'https://x.example.com/')).toBe(true)
    expect(allows(url => url.hostname.endsWith('.example.com'), 'https://example.com/')).toBe(false)
    expect(allows((() => 'yes') as never, 'https://example.com/')).toBe(false)
    expect(originRule(() => true, undefined).prefixes).toBeUndefined()
  })

  it('requires https, even if a function allowed the URL', () => {
    expect(() => originRule('http://api.example.com', undefined)).toThrow(code('OAUTH_INSECURE_URL'))
    expect(() => originRule(undefined, 'http://api.example.com')).toThrow(code('OAUTH_INSECURE_URL'))
    expect(() => allows(() => true, 'http://api.example.com')).toThrow(code('OAUTH_INSECURE_URL'))
    const rule = originRule('http://api.example.com', undefined, ['http://api.example.com'])
    expect(rule.allows(new URL('http://api.example.com/x'))).toBe(true)
    expect(rule.prefixes).toEqual(['http://api.example.com'])
  })

  it.each([
    'api.example.com',
    '/v1',
    '*',
    'https://*.example.com',
    'https://api.example.com?x=1',
    'https://api.example.com#x',
    'https://user@api.example.com',
    'ftp://api.example.com',
    'javascript:alert(1)',
    'null',
    42 as never,
    null as never,
  ])('refuses the entry %p', entry => {
    expect(() => originRule([entry], 'https://fallback.example.com')).toThrow(code('OAUTH_INVALID_OPTION'))
  })

  it('falls back to the instance’s origin; without one the error says what to write', () => {
    expect(originRule(undefined, 'https://api.example.com').prefixes).toEqual(['https://api.example.com'])
    for (const nothing of [undefined, [], ''])
      expect(() => originRule(nothing, undefined)).toThrow(code('OAUTH_ORIGIN_REQUIRED'))
    expect(() => originRule(undefined, undefined)).toThrow(/baseURL.*allowedOrigins: 'https:/)
  })
})

it('isUnder matches whole segments', () => {
  expect(isUnder('https://a.com/x/y', 'https://a.com/x')).toBe(true)
  expect(isUnder('https://a.com/xy', 'https://a.com/x')).toBe(false)
})
