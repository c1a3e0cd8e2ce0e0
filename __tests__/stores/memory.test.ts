import { memoryStore } from '../../src/stores/memory.js'
import { storeContract } from '../contracts/jest.js'

storeContract('memoryStore', () => ({ store: memoryStore() }))
