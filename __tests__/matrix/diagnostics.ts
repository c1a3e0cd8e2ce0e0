import { createInspector } from 'axios-oauth-interceptor/inspector'
import { type Case, same } from './world.js'

/** Cases for runtimes that have diagnostics channels: Node, Bun, Deno and workerd. */
export const diagnosticsCases: Case[] = [
  {
    name: 'the inspector sees one renewal for three refused requests',
    lacks({ runtime }) {
      if (runtime.includes('React Native')) return 'the light build has no diagnostics channels'
      if (typeof process === 'undefined') return 'this runtime has no Node modules'
      return 'getBuiltinModule' in process ? undefined : 'this Node has no process.getBuiltinModule'
    },
    async run(world) {
      await world.session.token()
      await world.control('expire')
      const api = world.attached()
      const inspector = createInspector(world.session)
      await Promise.all([api.get('/echo'), api.get('/echo'), api.get('/echo')])
      inspector.stop()
      const { requests, renewals } = inspector.timeline()
      same(
        requests.map(({ sends, status }) => [status, ...sends.map(({ kind }) => kind)]),
        [1, 2, 3].map(() => [200, 'first', 'replay']),
        'the requests',
      )
      same(
        renewals.map(({ cause, outcome }) => [cause, outcome]),
        [['refused', 'renewed']],
        'the renewals',
      )
    },
  },
]
