import type { AxiosStatic } from 'axios'
import { axiosVersions as all } from '../support/axios-versions.js'

/** One axios version as an application has it: the package imports the same one. */
export interface Version {
  version: string
  /** What it is installed as. */
  module: string
  axios: AxiosStatic
  oauth: typeof import('../../src/index.js')
}

/** Loads an axios version and the package, both anew: called twice, it answers two copies. */
export function loadVersion({ version, module }: { version: string; module: string }): Version {
  let loaded: Version | undefined
  jest.isolateModules(() => {
    jest.doMock('axios', () => jest.requireActual(module))
    loaded = { version, module, axios: require('axios'), oauth: require('../../src/index.js') }
    jest.dontMock('axios')
  })
  return loaded as Version
}

/** The axios versions that the scenarios run on, oldest first. */
export const axiosVersions: Version[] = all.map(({ name, module }) => loadVersion({ version: name, module }))

/** The newest, for what takes long. */
export const newest = axiosVersions.at(-1) as Version
