/** Puts text between `<!-- NAME: … -->` and `<!-- /NAME -->` of a page. */
export function between(page, name, content) {
  const place = new RegExp(`(<!-- ${name}: [^>]*-->\n)[^]*?(<!-- /${name} -->)`)
  if (!place.test(page)) throw new Error(`The page has no place for ${name}`)
  return page.replace(place, (_, begin, end) => `${begin}${content}\n${end}`)
}

/** A table of Markdown: the first row is the head. */
export function table([head, ...rows]) {
  const [first, ...others] = [head, ...rows].map(row => `| ${row.join(' | ')} |`)
  return [first, `|${'---|'.repeat(head.length)}`, ...others].join('\n')
}

/** Markdown that shows the text as it is, also in a table. */
export const escaped = text => text.replace(/\s+/g, ' ').replace(/[\\`*<|[\]]/g, '\\$&')
