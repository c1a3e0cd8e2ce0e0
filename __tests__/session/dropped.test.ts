import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { saveToken } from '../../src/session/fetch-token.js'
import { createSession } from '../../src/session/session.js'
import { defineStore } from '../../src/stores/define-store.js'
import { memoryStore } from '../../src/stores/memory.js'
import { fakeServer, metadata, settled } from '../support/fake-server.js'

setFlagsFromString('--expose_gc')
const collect: () => void = runInNewContext('gc')

test('a session that is dropped, not closed, is not kept alive by what its store would tell it', async () => {
  const server = fakeServer()
  const memory = memoryStore()
  const listening = new Set<() => void>()
  let reads = 0
  const store = defineStore({
    ...memory,
    get: (key: string) => {
      reads++
      return memory.get(key)
    },
    subscribe(_: string, changed: () => void) {
      listening.add(changed)
      return () => void listening.delete(changed)
    },
  })
  const options = {
    server: metadata,
    client: { client_id: 'app' },
    clock: () => server.now,
    store,
  }
  const use = async (index: number) => {
    const session = createSession({ ...options, key: `${index}` }, { send: server.send, http: {} as never })
    await saveToken(session, { access_token: 'a0', refresh_token: 'r0' })
    await session.token()
  }
  for (let index = 0; index < 50; index++) await use(index)
  expect(listening.size).toBe(50)
  for (let turn = 0; turn < 20 && listening.size > 1; turn++) {
    collect()
    await settled()
  }
  expect(listening.size).toBeLessThanOrEqual(1)
  const before = reads
  for (const changed of listening) changed()
  expect(reads - before).toBeLessThanOrEqual(1)
})
