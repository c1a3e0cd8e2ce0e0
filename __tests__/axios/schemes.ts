import type { Auth, AuthFlow, IncomingResponse, OutgoingRequest } from '../../src/auth/scheme.js'

/** A token in a header, renewed once when it is refused: what OAuth 2 is to the seam. */
export interface Renewing extends Auth<{ token: string }> {
  token: string
  renewals: number
  /** Replaces the renewal. */
  renew: () => Promise<string>
  /** What `flow` was told, in order. */
  told: IncomingResponse[]
}

const isRefused = ({ authenticated, status, expired }: IncomingResponse) =>
  authenticated && (status === 401 || expired)

/**
 * Signs at once with the token at hand (unless it is empty), and renews by `renew`; `place` writes the token.
 */
export function renewing(
  token = 'old',
  place = (request: OutgoingRequest, value: string) => request.setHeader('Authorization', `Bearer ${value}`),
): Renewing {
  let pending: Promise<void> | undefined
  const scheme: Renewing = {
    token,
    renewals: 0,
    told: [],
    renew: async () => `new${scheme.renewals}`,
    open(request) {
      if (!scheme.token) return undefined
      place(request, scheme.token)
      return { token: scheme.token }
    },
    async *flow(request, sent): AuthFlow {
      const renew = async (rejected?: string) => {
        if (scheme.token && scheme.token !== rejected) return
        if (!pending) {
          scheme.renewals++
          pending = scheme.renew().then(renewed => {
            scheme.token = renewed
          })
          const done = () => {
            pending = undefined
          }
          pending.then(done, done)
        }
        await pending
      }
      let response = sent?.response
      let used = sent?.token.token
      if (!response) {
        if (!scheme.token) await renew()
        used = scheme.token
        place(request, used)
        response = yield request
      }
      scheme.told.push(response)
      if (!isRefused(response)) return
      await renew(used)
      place(request, scheme.token)
      scheme.told.push(yield request)
    },
  }
  return scheme
}

/** Signs method and URL, and so every hop of a redirect anew. */
export function urlBound(): Auth & { signed: string[] } {
  const signed: string[] = []
  const sign = (request: OutgoingRequest) => {
    signed.push(request.url)
    request.setHeader('Authorization', `Signed ${request.method} ${request.url}`)
  }
  return {
    signed,
    boundToUrl: true,
    async *flow(request): AuthFlow {
      sign(request)
      yield request
    },
  }
}

/** A token in the query. */
export function inQuery(token = 'secret-in-query'): Renewing {
  return Object.assign(
    renewing(token, (request, value) => {
      request.url += `${request.url.includes('?') ? '&' : '?'}access_token=${value}`
    }),
    { boundToUrl: true },
  )
}

/** A token in a form body. */
export function inBody(token = 'secret-in-body'): Renewing {
  return Object.assign(
    renewing(token, (request, value) => {
      request.data = `${request.data ? `${request.data}&` : ''}access_token=${value}`
    }),
    { boundToUrl: true },
  )
}
