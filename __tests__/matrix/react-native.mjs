/** What React Native's engine lacks, taken away from Node before anything else runs. */
// Node makes its fetch when it is first looked at, and needs its own globals for that
void new Headers()
for (const name of ['crypto', 'localStorage', 'structuredClone', 'BroadcastChannel'])
  Reflect.deleteProperty(globalThis, name)
Object.defineProperty(globalThis, 'navigator', { value: { product: 'ReactNative' }, configurable: true })

// React Native's URL can be read and not be written to; Node itself goes on with its own
class ReadOnlyURL extends URL {}
Object.defineProperty(ReadOnlyURL, 'canParse', { value: undefined })
const parts = [
  'href',
  'host',
  'hostname',
  'pathname',
  'search',
  'hash',
  'username',
  'password',
  'protocol',
  'port',
]
for (const name of parts) {
  const { get } = Object.getOwnPropertyDescriptor(URL.prototype, name)
  const set = () => {
    throw new Error(`URL.${name} is not implemented`)
  }
  Object.defineProperty(ReadOnlyURL.prototype, name, { get, set })
}
globalThis.URL = ReadOnlyURL
