import { chooseSignIn } from '../../src/cli'

const device = { device_authorization_endpoint: 'https://auth.example.com/device' }

type Row = [platform: string, environment: Record<string, string>]
const withBrowser: Row[] = [
  ['linux', { DISPLAY: ':0' }],
  ['linux', { WAYLAND_DISPLAY: 'wayland-0' }],
  ['linux', { BROWSER: 'lynx' }],
  ['freebsd', { DISPLAY: ':0' }],
  ['darwin', {}],
  ['win32', {}],
  ['darwin', { CI: 'false' }],
  ['darwin', { CI: '' }],
]
const without: Row[] = [
  ['linux', {}],
  ['linux', { DISPLAY: '' }],
  ['linux', { DISPLAY: ':0', SSH_CONNECTION: '192.0.2.1 50000 192.0.2.2 22' }],
  ['linux', { BROWSER: 'lynx', SSH_TTY: '/dev/pts/0' }],
  ['darwin', { SSH_CONNECTION: '192.0.2.1 50000 192.0.2.2 22' }],
  ['darwin', { SSH_TTY: '/dev/ttys001' }],
  ['win32', { SSH_CONNECTION: '192.0.2.1 50000 192.0.2.2 22' }],
  ['linux', { DISPLAY: ':0', CI: 'true' }],
  ['win32', { CI: '1' }],
]

test.each(withBrowser)('on %s with %j there is a browser', (platform, environment) => {
  expect(chooseSignIn(device, { platform, environment })).toBe('browser')
  expect(chooseSignIn({}, { platform, environment })).toBe('browser')
})

test.each(without)('on %s with %j there is none: a device code, or the address', (platform, environment) => {
  expect(chooseSignIn(device, { platform, environment })).toBe('device')
  expect(chooseSignIn({}, { platform, environment })).toBe('url')
})
