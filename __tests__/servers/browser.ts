import * as http from 'node:http'
import * as https from 'node:https'

interface Page {
  status: number
  location: string | undefined
  body: string
}

/**
 * A browser without a window: keeps cookies, follows redirects, sends off the forms it finds. Enough to sign
 * in.
 */
export interface Browser {
  /**
   * Goes to `url` and on until it leaves the first URL's origin, or a page has nothing to send; answers where
   * it ended.
   */
  visit(url: string | URL): Promise<{ url: string; body: string }>
}

/** Makes a {@link Browser} with an empty cookie jar; `ca` (PEM) is an authority that it trusts. */
export function browser({ ca }: { ca?: string } = {}): Browser {
  /** origin → path → name → value */
  const jar = new Map<string, Map<string, { path: string; value: string }>>()

  function load(url: URL, form?: URLSearchParams): Promise<Page> {
    const cookies = [...(jar.get(url.origin) ?? [])]
      .filter(([, cookie]) => url.pathname.startsWith(cookie.path))
      .map(([key, cookie]) => `${key.slice(key.indexOf(';') + 1)}=${cookie.value}`)
    return new Promise((resolve, reject) => {
      const { request: send } = url.protocol === 'https:' ? https : http
      const request = send(
        url,
        {
          ...(ca && { ca }),
          method: form ? 'POST' : 'GET',
          headers: {
            accept: 'text/html',
            ...(cookies.length > 0 ? { cookie: cookies.join('; ') } : {}),
            ...(form ? { 'content-type': 'application/x-www-form-urlencoded', origin: url.origin } : {}),
          },
        },
        response => {
          for (const line of response.headers['set-cookie'] ?? []) {
            const [pair = '', ...attributes] = line.split(/; */)
            const name = pair.slice(0, pair.indexOf('='))
            const value = pair.slice(pair.indexOf('=') + 1)
            const path = /^path=(.*)$/i.exec(attributes.find(one => /^path=/i.test(one)) ?? '')?.[1] ?? '/'
            const mine = jar.get(url.origin) ?? new Map<string, { path: string; value: string }>()
            jar.set(url.origin, mine)
            if (value === '') mine.delete(`${path};${name}`)
            else mine.set(`${path};${name}`, { path, value })
          }
          let body = ''
          response.setEncoding('utf8')
          response.on('data', chunk => {
            body += chunk
          })
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, location: response.headers.location, body }),
          )
          response.on('error', reject)
        },
      )
      request.on('error', reject)
      request.end(form?.toString())
    })
  }

  return {
    async visit(start) {
      const { origin } = new URL(start)
      let url = new URL(start)
      let form: URLSearchParams | undefined
      for (let step = 0; step < 20; step += 1) {
        const page = await load(url, form)
        form = undefined
        if (page.location !== undefined) {
          url = new URL(page.location, url)
          if (url.origin !== origin) return { url: url.href, body: '' }
          continue
        }
        const found = /<form[^>]*action="([^"]*)"[^>]*>([\s\S]*?)<\/form>/i.exec(page.body)
        if (!found || page.status >= 400) {
          if (page.status >= 400)
            throw new Error(`the authorization server answered ${page.status}: ${page.body}`)
          return { url: url.href, body: page.body }
        }
        url = new URL(unescapeHtml(found[1] ?? ''), url)
        form = new URLSearchParams()
        for (const [, attributes = ''] of (found[2] ?? '').matchAll(/<input([^>]*)>/gi)) {
          const name = /name="([^"]*)"/i.exec(attributes)?.[1]
          if (name)
            form.append(unescapeHtml(name), unescapeHtml(/value="([^"]*)"/i.exec(attributes)?.[1] ?? ''))
        }
        if (url.origin !== origin) return { url: `${url.href}?${form}`, body: '' }
      }
      throw new Error('more than 20 redirects and forms')
    },
  }
}

function unescapeHtml(text: string): string {
  const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'", '#x2F': '/' }
  return text.replace(/&([^;]+);/g, (whole, name: string) => entities[name] ?? whole)
}
