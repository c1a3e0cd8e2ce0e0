import type { InspectedSend, RenewalBar, RequestLane, Timeline } from './inspector.js'

/** Options of {@link printTimeline}. */
export interface PrintOptions {
  /** Characters in a line. Default 100. */
  width?: number
  /** Lines for requests; further ones are counted. Default 12. */
  rows?: number
  /** Colours of a terminal. Default false. */
  colour?: boolean
}

interface Scale {
  /** Characters for the bars. */
  width: number
  start: number
  end: number
}

type Paint = (code: string, text: string) => string

const GREEN = '32'
const RED = '31'
const YELLOW = '33'
const DIM = '2'

const milliseconds = (seconds: number) => `${(seconds * 1000).toFixed(seconds < 0.01 ? 1 : 0)} ms`

/** Groups equal marks, so that each group starts and ends its colour once. */
function paintMarks(marks: readonly string[], colours: Record<string, string>, paint: Paint): string {
  return marks.join('').replace(/(.)\1*/gu, stretch => {
    const colour = colours[stretch[0] as string]
    return colour ? paint(colour, stretch) : stretch
  })
}

/** Writes a mark from one time to another; at least one character. */
function fill(marks: string[], mark: string, from: number, to: number, { width, start, end }: Scale): void {
  const column = (time: number) => Math.round(((time - start) / (end - start || 1)) * (width - 1))
  for (let at = Math.max(0, column(from)); at <= Math.min(width - 1, column(to)); at++) marks[at] = mark
}

const isRefused = ({ status }: InspectedSend) => status === undefined || status >= 400

function lane({ start, end, sends }: RequestLane, scale: Scale, paint: Paint): string {
  const marks: string[] = Array(scale.width).fill(' ')
  fill(marks, '·', start, end ?? scale.end, scale)
  for (const send of sends) fill(marks, isRefused(send) ? '░' : '█', send.start, send.end ?? scale.end, scale)
  return paintMarks(marks, { '·': DIM, '░': RED, '█': GREEN }, paint)
}

function outcome({ sends, status, error, end }: RequestLane): string {
  const steps = sends.map(send => send.status ?? '—')
  if (end === undefined) return [...steps, '…'].join(' → ')
  if (error) return [...steps, error].join(' → ')
  return steps.length ? steps.join(' → ') : `${status ?? '—'}`
}

function pathOf(url: string | undefined): string {
  try {
    return new URL(url ?? '').pathname
  } catch {
    return '?'
  }
}

/** Cuts or fills a text to so many characters. */
const toWidth = (text: string, width: number) =>
  text.length > width ? `${text.slice(0, width - 1)}…` : text.padEnd(width)

function renewalText({ cause, outcome, error, start, end }: RenewalBar): string {
  const took = end === undefined ? 'under way' : `in ${milliseconds(end - start)}`
  return [`${cause}:`, outcome, error, took].filter(Boolean).join(' ')
}

function extentOf({ requests, renewals }: Timeline): { start: number; end: number } {
  const all = [...requests, ...renewals]
  const times = all.flatMap(({ start, end }) => [start, end ?? start])
  const sends = requests.flatMap(request => request.sends.flatMap(({ start, end }) => [start, end ?? start]))
  const whole = [...times, ...sends]
  return {
    start: whole.reduce((a, b) => Math.min(a, b), 1 / 0),
    end: whole.reduce((a, b) => Math.max(a, b), 0),
  }
}

const NAME = 22
const OUTCOME = 26

/**
 * Prints a timeline for a terminal: a line for each renewal and request, over the same time. `█` is a
 * successful send, `░` a refused one, `·` is waiting, `▓` is a renewal.
 */
export function printTimeline(timeline: Timeline, options: PrintOptions = {}): string {
  const { width = 100, rows = 12, colour = false } = options
  const { requests, renewals, skipped } = timeline
  const paint: Paint = (code, text) => (colour ? `\u001b[${code}m${text}\u001b[0m` : text)
  const lines: string[] = []
  const line = (name: string, bar: string, text: string) =>
    lines.push(`${toWidth(name, NAME)} ${bar} ${text}`.trimEnd())
  if (requests.length || renewals.length) {
    const scale: Scale = { width: Math.max(10, width - NAME - OUTCOME - 2), ...extentOf(timeline) }
    const last = milliseconds(scale.end - scale.start)
    line('', paint(DIM, `0${last.padStart(scale.width - 1)}`), '')
    for (const renewal of renewals) {
      const marks: string[] = Array(scale.width).fill(' ')
      fill(marks, '▓', renewal.start, renewal.end ?? scale.end, scale)
      line('renewal', paintMarks(marks, { '▓': YELLOW }, paint), renewalText(renewal))
    }
    for (const request of requests.slice(0, rows))
      line(`${request.method} ${pathOf(request.url)}`, lane(request, scale, paint), outcome(request))
  }
  if (requests.length > rows) lines.push(`… and ${requests.length - rows} more requests`)
  for (const { method, url, reason } of skipped.slice(0, rows))
    lines.push(`${toWidth(`${method} ${pathOf(url)}`, NAME)} ${paint(DIM, `without a token: ${reason}`)}`)
  if (skipped.length > rows) lines.push(`… and ${skipped.length - rows} more without a token`)
  return lines.join('\n')
}
