import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { runInNewContext } from 'node:vm'
import { api, type Consumer, consumer, root } from './consumer.js'

let application: Consumer
beforeAll(() => {
  application = consumer()
})
afterAll(() => application.remove())

test('a <script> after axios’s own defines AxiosOAuth with every name of the root', () => {
  const page: Record<string, unknown> = {
    setTimeout,
    clearTimeout,
    URL,
    URLSearchParams,
    TextEncoder,
    TextDecoder,
    AbortController,
  }
  page.window = page
  page.self = page
  const script = (path: string): unknown => runInNewContext(readFileSync(path, 'utf8'), page)
  script(join(root, 'node_modules/axios/dist/axios.min.js'))
  script(join(application.folder, 'node_modules/axios-oauth-interceptor/dist/axios-oauth.iife.js'))
  expect(
    Object.keys(page.AxiosOAuth as object)
      .filter(name => name !== '__esModule')
      .sort(),
  ).toEqual([...(api['axios-oauth-interceptor']?.values ?? [])].sort())
})
