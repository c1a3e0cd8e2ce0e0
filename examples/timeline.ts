/** Prints events as they happen, and compares counts with the expected ones. */
export interface Timeline {
  /** True where the terminal shows colours. */
  readonly colour: boolean
  /** Begins a chapter. */
  chapter(title: string, explanation: string): void
  /** Prints one event. `who` is a column of its own: app, API, auth, clock … */
  say(who: string, text: string): void
  /** Prints a picture of several lines unchanged. */
  show(picture: string): void
  /** Compares a count with the expected one. */
  check(what: string, found: unknown, right: unknown): void
  /** Prints the last line; returns the exit code. */
  finish(): number
}

/** Uses colours as https://no-color.org specifies. */
function painter(stream: NodeJS.WriteStream) {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env
  const colour = NO_COLOR
    ? false
    : FORCE_COLOR
      ? FORCE_COLOR !== '0'
      : stream.isTTY === true && TERM !== 'dumb'
  const paint = (code: string) => (text: string) => (colour ? `\u001b[${code}m${text}\u001b[0m` : text)
  return {
    colour,
    bold: paint('1'),
    dim: paint('2'),
    green: paint('32'),
    red: paint('1;31'),
    blue: paint('36'),
  }
}

/** Makes a {@link Timeline} that writes to `stream`. */
export function timeline(stream: NodeJS.WriteStream = process.stdout): Timeline {
  const { colour, bold, dim, green, red, blue } = painter(stream)
  const started = Date.now()
  const line = (text = '') => void stream.write(`${text}\n`)
  const checks: Array<{ what: string; found: unknown; ok: boolean }> = []
  return {
    colour,
    chapter(title, explanation) {
      line()
      line(bold(title))
      line(dim(explanation))
    },
    say(who, text) {
      const at = ((Date.now() - started) / 1000).toFixed(2).padStart(6)
      line(`${dim(`${at} s`)}  ${blue(who.padEnd(5))}  ${text}`)
    },
    show(picture) {
      line(picture.replace(/^/gm, ' '.repeat(10)))
    },
    check(what, found, right) {
      const ok = Object.is(found, right)
      checks.push({ what, found, ok })
      line(
        `${' '.repeat(10)}${ok ? green('✓') : red('✗')} ${what}: ${found}${ok ? '' : red(` (right is ${right})`)}`,
      )
    },
    finish() {
      const wrong = checks.filter(({ ok }) => !ok)
      const seconds = ((Date.now() - started) / 1000).toFixed(1)
      line()
      const counts = `${checks.length} counts, ${checks.length - wrong.length} right, ${wrong.length} wrong, ${seconds} s`
      line(wrong.length === 0 ? green(counts) : red(`${counts}: ${wrong.map(({ what }) => what).join('; ')}`))
      return wrong.length === 0 ? 0 : 1
    },
  }
}
