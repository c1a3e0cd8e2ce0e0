const { gc } = globalThis as { gc?: () => void }
if (!gc) throw new Error('Run with --expose-gc')

/** Bytes of the heap after the collector ran, and after the finalisers and promise jobs of the last round. */
export async function heap(): Promise<number> {
  for (let count = 0; count < 4; count++) {
    await new Promise(resolve => setTimeout(resolve, 20))
    gc?.()
  }
  return process.memoryUsage().heapUsed
}
