/** One cell on workerd: a worker that runs every case when it is asked to, as its only request. */
import axios from 'axios'
import * as oauth from 'axios-oauth-interceptor'
import { cases } from './cases.js'
import { diagnosticsCases } from './diagnostics.js'
import { type Cell, runCell } from './world.js'

export default {
  async fetch(request: Request): Promise<Response> {
    const cell = (await request.json()) as Omit<Cell, 'axios' | 'oauth'>
    return Response.json(await runCell({ ...cell, axios, oauth }, [...cases, ...diagnosticsCases]))
  },
}
