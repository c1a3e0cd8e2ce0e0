/** A name without a docstring is a name that an editor shows without help: every export has one. */
import { publicApi } from './public-api.mjs'

const missing = new Map()
let count = 0
for (const { specifier, exports } of publicApi()) {
  for (const { name, documented, where } of exports) {
    count += 1
    if (!documented) missing.set(`${where} ${name}`, specifier)
  }
}
if (missing.size > 0) {
  console.error(
    `docstrings: ${missing.size} exports have none:\n${[...missing.keys()].map(name => `  ${name}`).join('\n')}`,
  )
  process.exitCode = 1
} else {
  console.log(`docstrings: all ${count} exports have one`)
}
