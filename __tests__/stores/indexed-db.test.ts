import { IDBFactory } from 'fake-indexeddb'
import type { OAuthError } from '../../src/errors.js'
import { inProcessLock } from '../../src/locks/in-process.js'
import { indexedDbStore } from '../../src/stores/indexed-db.js'
import { storeContract } from '../contracts/jest.js'
import { sampleGrant } from '../contracts/store.js'

const two = () => {
  const [indexedDB, lock] = [new IDBFactory(), inProcessLock()]
  return { store: indexedDbStore({ indexedDB, lock }), other: indexedDbStore({ indexedDB, lock }) }
}

storeContract('indexedDbStore', two)

const inTable = (indexedDB: IDBFactory, work: (grants: IDBObjectStore) => void, name = 'oauth') =>
  new Promise<void>((resolve, reject) => {
    const request = indexedDB.open(name, 1)
    request.onerror = () => reject(request.error)
    request.onsuccess = () => {
      const transaction = request.result.transaction('grants', 'readwrite')
      work(transaction.objectStore('grants'))
      transaction.oncomplete = () => {
        request.result.close()
        resolve()
      }
    }
  })

describe('indexedDbStore', () => {
  it('keeps one key pair for all tabs, created by the first', async () => {
    // fake-indexeddb cannot clone a CryptoKey of Node's; that the real ones can is tested in browsers
    const { store, other } = two()
    let made = 0
    const make = async () => ({ made: ++made }) as unknown as CryptoKeyPair
    const [one, same] = await Promise.all([store.keyPair('dpop', make), other.keyPair('dpop', make)])
    expect(one).toEqual(same)
    expect(await store.keyPair('dpop', make)).toEqual(one)
    expect(await store.keyPair('another', make)).not.toEqual(one)
    const before = made
    await store.keyPair('dpop', make)
    expect(made).toBe(before)
    await other.deleteKeyPair('dpop')
    expect(await store.keyPair('dpop', make)).not.toEqual(one)
  })

  it.each([
    ['a text', 'secret'],
    ['a newer format', { ...sampleGrant(1), v: 2 }],
    ['an old store', { access_token: 'secret' }],
  ])('reports %s, treats it as absent and writes over it', async (_, value) => {
    const indexedDB = new IDBFactory()
    const store = indexedDbStore({ indexedDB, lock: inProcessLock() })
    await store.get('key')
    await inTable(indexedDB, grants => grants.put(value, 'key'))
    const reported: OAuthError[] = []
    expect(await store.get('key', error => reported.push(error))).toBeUndefined()
    expect(reported).toMatchObject([{ code: 'OAUTH_STORE_VALUE' }])
    expect(reported[0]?.message).not.toContain('secret')
    expect(await store.set('key', sampleGrant(1))).toBe(true)
    expect(await store.get('key')).toEqual(sampleGrant(1))
  })

  it('does not block the deletion of the database, and starts again', async () => {
    const indexedDB = new IDBFactory()
    const store = indexedDbStore({ indexedDB, lock: inProcessLock() })
    await store.set('key', sampleGrant(1))
    await new Promise<void>((resolve, reject) => {
      const request = indexedDB.deleteDatabase('oauth')
      request.onsuccess = () => resolve()
      request.onerror = () => reject(request.error)
      request.onblocked = () => reject(new Error('blocked'))
    })
    expect(await store.get('key')).toBeUndefined()
    expect(await store.set('key', sampleGrant(1))).toBe(true)
  })

  it('opens again after the browser closed the connection, and after opening failed', async () => {
    const indexedDB = new IDBFactory()
    const open = indexedDB.open.bind(indexedDB)
    const connections: IDBDatabase[] = []
    let away = false
    indexedDB.open = (...args: Parameters<typeof open>) => {
      if (away) throw new DOMException('away', 'UnknownError')
      const request = open(...args)
      request.addEventListener('success', () => connections.push(request.result))
      return request
    }
    const store = indexedDbStore({ indexedDB, lock: inProcessLock() })
    await store.set('key', sampleGrant(1))
    connections[0]?.close()
    expect(await store.get('key')).toEqual(sampleGrant(1))
    expect(connections).toHaveLength(2)
    connections[1]?.close()
    away = true
    await expect(store.get('key')).rejects.toThrow('away')
    away = false
    expect(await store.get('key')).toEqual(sampleGrant(1))
  })

  it('rejects when the write did not reach the disk', async () => {
    const { store } = two()
    await expect(
      store.set('key', { ...sampleGrant(1), tokens: { '': { access_token: 'a', bad: () => {} } } }),
    ).rejects.toThrow()
    expect(await store.get('key')).toBeUndefined()
  })

  it('works without BroadcastChannel', async () => {
    const { BroadcastChannel } = globalThis
    Reflect.deleteProperty(globalThis, 'BroadcastChannel')
    try {
      const { store, other } = two()
      const end = store.subscribe?.('key', () => {})
      await other.set('key', sampleGrant(1))
      end?.()
      expect(await store.get('key')).toEqual(sampleGrant(1))
    } finally {
      globalThis.BroadcastChannel = BroadcastChannel
    }
  })

  it('guards by a lock of its own name', async () => {
    const names: string[] = []
    const store = indexedDbStore({
      indexedDB: new IDBFactory(),
      name: 'mine',
      lock: (name, critical) => {
        names.push(name)
        return critical({ signal: new AbortController().signal })
      },
    })
    await store.lock?.('key', async () => {})
    expect(names).toEqual(['oauth:mine:key'])
  })
})
