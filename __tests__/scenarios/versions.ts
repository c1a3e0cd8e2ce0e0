import type { AxiosStatic } from 'axios'

const load = (name: string): AxiosStatic => {
  const loaded = require(name) as AxiosStatic & { default?: AxiosStatic }
  return loaded.default ?? loaded
}

/** The axios versions that the scenarios run on, oldest first; the last is the newest. */
export const axiosVersions = ['axios-0-21', 'axios-0-27', 'axios-0-30', 'axios-1-2', 'axios-1-7', 'axios'].map(
  name => ({
    version: (require(`${name}/package.json`) as { version: string }).version,
    axios: load(name),
  }),
)
