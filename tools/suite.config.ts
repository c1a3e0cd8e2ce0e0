/** @jest-config-loader esbuild-register */
import type { Config } from 'jest'
import base from '../jest.config'

// tools/suite.mjs runs one of the suites that `npm test` leaves out, and names it here
const suite = process.env.SUITE ?? ''

const config: Config = {
  ...base,
  rootDir: '..',
  roots: [`<rootDir>/__tests__/${suite}`],
  testPathIgnorePatterns: ['/node_modules/'],
  testTimeout: 300_000,
  reporters: ['default', ['<rootDir>/tools/skipped-reporter.mjs', { suite }]],
}

export default config
