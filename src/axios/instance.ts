import type { AxiosInstance } from 'axios'
import { axios } from './axios.js'

export type { AxiosInstance }

/** Makes an instance of this package's copy of axios. */
export const createInstance = (defaults: { baseURL?: string }): AxiosInstance =>
  axios.create(defaults) as unknown as AxiosInstance
