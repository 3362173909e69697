const AT_ONCE = 4

/** Does something with each, a few at a time. It rejects with the first error when all that began are over. */
export const inParallel = async <T>(items: readonly T[], run: (item: T) => Promise<void>): Promise<void> => {
  const waiting = [...items]
  const failed: unknown[] = []
  const worker = async () => {
    for (let next = waiting.shift(); next !== undefined && failed.length === 0; next = waiting.shift())
      await run(next).catch((error: unknown) => failed.push(error))
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  if (failed.length > 0) throw failed[0]
}
