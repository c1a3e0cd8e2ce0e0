import newest, { type AxiosRequestConfig } from 'axios'
import axios021 from 'axios-0-21'
import axios027 from 'axios-0-27'
import axios030 from 'axios-0-30'
import axios12 from 'axios-1-2'
import axios17 from 'axios-1-7'
import { attach, createInterceptors } from '../../src/axios/attach.js'
import type { AxiosLike, AxiosLikeConfig } from '../../src/axios/axios-like.js'
import type { RequestOption } from '../../src/axios/request-option.js'
import { renewing } from './schemes.js'

it('accepts the static and the instances of every axios by its own types', () => {
  const all: AxiosLike[] = [
    newest,
    newest.create(),
    axios021,
    axios021.create(),
    axios027,
    axios027.create(),
    axios030,
    axios030.create(),
    axios12,
    axios12.create(),
    axios17,
    axios17.create(),
  ]
  for (const instance of all) {
    const attachment = attach(instance, renewing(), {
      allowedOrigins: 'https://api.example.com',
      skip: (config: AxiosLikeConfig) => config.url === '/login',
    })
    attachment.detach()
  }
  expect(all).toHaveLength(12)
})

it('hands interceptors to every axios by its own types', () => {
  const { request, response, responseError } = createInterceptors(renewing(), { allowedOrigins: () => true })
  for (const instance of [newest.create(), axios17.create()]) {
    instance.interceptors.request.use(request, null, { synchronous: true })
    instance.interceptors.response.use(response, responseError)
  }
  axios12.create().interceptors.request.use(request)
  axios021.create().interceptors.request.use(request)
  axios021.create().interceptors.response.use(response, responseError)
  expect(typeof request).toBe('function')
})

it('knows the option of one request', () => {
  const option: RequestOption = { scope: 'read', resource: 'https://api.example.com' }
  const config: AxiosRequestConfig = { url: '/x', oauth: option }
  const off: AxiosRequestConfig = { oauth: false }
  // @ts-expect-error true means nothing
  const wrong: AxiosRequestConfig = { oauth: true }
  expect([config.oauth, off.oauth, wrong.oauth]).toEqual([option, false, true])
})
