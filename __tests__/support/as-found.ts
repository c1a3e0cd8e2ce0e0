import * as http from 'node:http'
import { types } from 'node:util'

// a process runs many test files, and a module of Node that one of them took over stays so for those that
// follow
if (types.isProxy(http.request))
  throw new Error('An earlier test file left node:http to nock: it must call nock.restore() when it is done.')
