/** Microseconds of processor time of `run`: the least of five, so that a busy machine changes little. */
async function costOf(run: () => unknown): Promise<number> {
  let least = Number.POSITIVE_INFINITY
  for (let turn = 0; turn < 5; turn++) {
    const before = process.cpuUsage()
    await run()
    const { user, system } = process.cpuUsage(before)
    least = Math.min(least, user + system)
  }
  return least
}

/**
 * How many times as much processor time eight times the input costs: about 8 where it grows in proportion, 64
 * where it grows with the square. The input begins large enough to be measured.
 */
export async function growthOf(run: (size: number) => unknown, size: number): Promise<number> {
  await run(size)
  const small = await costOf(() => run(size))
  return (await costOf(() => run(size * 8))) / Math.max(small, 500)
}
