/** Draws the recorded run of examples/storm.ts as an SVG that is read on light and on dark pages. */

const WIDTH = 880
const LEFT = 12
const RIGHT = 12
const TOP = 64
const LANE = 4
const BOTTOM = 30

const COLOURS = {
  refused: '#d1495b',
  waiting: '#9aa5b1',
  answered: '#2a9d8f',
  renewal: '#e9b44c',
  text: '#7d8590',
}

const rect = (x, y, width, height, fill, more = '') =>
  `<rect x="${x}" y="${y}" width="${width}" height="${height}" fill="${fill}"${more}/>`
const text = (x, y, content, more = '') => `<text x="${x}" y="${y}"${more}>${content}</text>`

function legend() {
  const items = [
    ['refused', 'refused with 401'],
    ['waiting', 'waiting'],
    ['answered', 'answered'],
    ['renewal', 'the one renewal'],
  ]
  return items.map(([name, label], index) => {
    const x = LEFT + index * 150
    return rect(x, 34, 14, 10, COLOURS[name]) + text(x + 20, 43, label)
  })
}

/**
 * The picture of a run:
 * `{ facts, renewals: [[start, end]], requests: [{ start, sends: [[start, end, status]] }] }`.
 */
export function drawStorm({ facts, renewals, requests }) {
  const last = Math.max(...requests.flatMap(({ sends }) => sends.map(([, end]) => end)))
  const scale = (WIDTH - LEFT - RIGHT) / last
  const x = ms => Math.round((LEFT + ms * scale) * 10) / 10
  const bar = (start, end, y, height, colour, more) =>
    rect(x(start), y, Math.max(1, Math.round((end - start) * scale * 10) / 10), height, colour, more)
  const height = TOP + requests.length * LANE + BOTTOM
  const lanes = requests.flatMap(({ start, sends }, index) => {
    const y = TOP + index * LANE
    const end = sends.at(-1)[1]
    return [
      bar(start, end, y, LANE - 1, COLOURS.waiting, ' opacity="0.35"'),
      ...sends.map(([from, to, status]) =>
        bar(from, to, y, LANE - 1, status < 400 ? COLOURS.answered : COLOURS.refused),
      ),
    ]
  })
  const title = `${facts.requests} requests, ${facts.refused} of them refused, ${facts.renewals} renewal, ${facts.succeeded} answered`
  const ticks = [0, 50, 100, 150, 200, 250, 300].filter(ms => ms <= last)
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${title}" font-family="system-ui, sans-serif" font-size="12" fill="${COLOURS.text}">`,
    `<title>${title}</title>`,
    text(LEFT, 20, title, ' font-size="15" font-weight="600"'),
    ...legend(),
    ...renewals.map(([start, end]) =>
      bar(start, end, TOP - 8, requests.length * LANE + 12, COLOURS.renewal, ' opacity="0.35"'),
    ),
    ...lanes,
    ...ticks.map(ms => text(x(ms), height - 10, `${ms} ms`, ms === 0 ? '' : ' text-anchor="middle"')),
    '</svg>',
  ].join('\n')}\n`
}
