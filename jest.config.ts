/** @jest-config-loader esbuild-register */
import type { Config } from 'jest'

const common = {
  rootDir: __dirname,
  roots: ['<rootDir>/__tests__'],
  testEnvironment: 'node',
  setupFilesAfterEnv: ['<rootDir>/__tests__/support/as-found.ts'],
  modulePathIgnorePatterns: [
    '<rootDir>/dist/',
    '<rootDir>/.tools/',
    '<rootDir>/tools/legacy/',
    '<rootDir>/tools/consumers/',
    '<rootDir>/tools/generators/',
    '<rootDir>/tools/mcp/',
  ],
  moduleNameMapper: {
    '^(\\.{1,2}/.*)\\.js$': '$1',
    '^axios-oauth-interceptor$': '<rootDir>/src/index.ts',
    '^axios-oauth-interceptor/(?!package\\.json)(.*)$': '<rootDir>/src/$1.ts',
  },
  transform: {
    '^.+\\.[cm]?[tj]s$': [
      '@swc/jest',
      {
        jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
        module: { type: 'commonjs' },
        sourceMaps: 'inline',
      },
    ],
  },
  // these are published as ES modules only
  transformIgnorePatterns: [
    '/node_modules/(?!(?:jose|oauth4webapi|@angular|svelte|esm-env|msw|@open-draft|rettime|until-async)/)',
  ],
} satisfies Config

// suites that need a build, a browser or minutes have commands of their own
const ownCommands = ['package', 'consumers', 'foreign', 'generated', 'browsers', 'faults', 'load']
const suite = (name: string, more: Config = {}) => ({
  ...common,
  displayName: name,
  testMatch: [`<rootDir>/__tests__/${name}/**/*.test.ts`],
  ...more,
})
// these loads take seconds: `npm test` runs a sample, the project `long` the whole (see support/long.ts)
const long = [
  'scenarios/storm',
  'scenarios/server-side',
  'scenarios/refused',
  'scenarios/late',
  'stores/file',
  'locks/processes',
  'oauth1/fuzz',
  'oauth1/signing',
  'axios/hostile-urls',
  'lib/www-authenticate',
  'cli/browser',
]

const projects = [
  suite('unit', {
    testMatch: ['**/*.test.ts'],
    testPathIgnorePatterns: ['/node_modules/', ...ownCommands.map(name => `<rootDir>/__tests__/${name}/`)],
  }),
  suite('long', {
    testMatch: long.map(name => `<rootDir>/__tests__/${name}.test.ts`),
    globals: { LONG: true },
  }),
  suite('package', { globalSetup: '<rootDir>/__tests__/support/prepare.mjs' }),
  suite('generated', { globalSetup: '<rootDir>/__tests__/support/prepare.mjs' }),
  suite('browsers'),
  suite('faults'),
  suite('load'),
  suite('foreign'),
  suite('consumers', { globalSetup: '<rootDir>/__tests__/support/prepare.mjs' }),
]
// `npx jest some/path` runs what `npm test` runs
const selects = process.argv.some(argument => argument.startsWith('--selectProjects'))

const config: Config = {
  projects: selects ? projects : projects.slice(0, 1),
  testTimeout: process.argv.includes('--runInBand') ? 300_000 : 20_000,
  maxWorkers: '100%',
  coverageProvider: 'v8',
  coverageDirectory: 'coverage',
  collectCoverageFrom: ['src/**/*.ts'],
  reporters: ['default', '<rootDir>/__tests__/support/skipped-reporter.mjs'],
}

export default config
