import type { AxiosStatic } from 'axios'
import { axiosVersions as all } from '../support/axios-versions.js'

/** One axios version as an application has it: the package imports the same one. */
export interface Version {
  version: string
  axios: AxiosStatic
  oauth: typeof import('../../src/index.js')
}

function load(peer: string): Omit<Version, 'version'> {
  let loaded: Omit<Version, 'version'> | undefined
  jest.isolateModules(() => {
    jest.doMock('axios', () => jest.requireActual(peer))
    loaded = { axios: require('axios'), oauth: require('../../src/index.js') }
    jest.dontMock('axios')
  })
  return loaded as Omit<Version, 'version'>
}

/** The axios versions that the scenarios run on, oldest first. */
export const axiosVersions: Version[] = all.map(({ name, module }) => ({ version: name, ...load(module) }))

/** The newest, for what takes long. */
export const newest = axiosVersions.at(-1) as Version
