/** One cell in a browser: the page runs every case when it is told to. */
import axios from 'axios'
import * as oauth from 'axios-oauth-interceptor'
import { cases } from './cases.js'
import { type Cell, type Result, runCell } from './world.js'

declare global {
  interface Window {
    results?: Result[]
    start(cell: Omit<Cell, 'axios' | 'oauth'>): string
  }
}

window.start = cell => {
  runCell({ ...cell, axios, oauth }, cases).then(results => {
    window.results = results
  })
  return 'started'
}
