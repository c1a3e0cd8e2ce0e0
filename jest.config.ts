/** @jest-config-loader esbuild-register */
import type { Config } from 'jest'
import suites from './tools/suites.json'

const config: Config = {
  testEnvironment: 'node',
  roots: ['<rootDir>/__tests__'],
  testMatch: ['**/*.test.ts'],
  // suites with a command of their own: they need a build, a browser or minutes
  testPathIgnorePatterns: ['/node_modules/', ...Object.keys(suites).map(name => `<rootDir>/__tests__/${name}/`)],
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/.tools/', '<rootDir>/tools/legacy/'],
  testTimeout: 20_000,
  coverageProvider: 'v8',
  coverageDirectory: 'coverage',
  collectCoverageFrom: ['src/**/*.ts'],
  reporters: ['default', '<rootDir>/tools/skipped-reporter.mjs'],
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
  // jose and oauth4webapi are published as ES modules only
  transformIgnorePatterns: ['/node_modules/(?!(?:jose|oauth4webapi)/)'],
}

export default config
