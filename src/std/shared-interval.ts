/**
 * Calls all that are registered at the same moment, every `ms`: a process that sleeps wakes once for them. Keeps no
 * process alive.
 */
export const sharedInterval = (ms: number): ((look: () => void) => Disposable) => {
  const looks = new Set<() => void>()
  let timer: NodeJS.Timeout | undefined
  const all = () => {
    for (const look of looks) look()
  }
  return (look) => {
    looks.add(look)
    timer ??= setInterval(all, ms).unref()
    return {
      [Symbol.dispose]() {
        looks.delete(look)
        if (looks.size > 0) return
        clearInterval(timer)
        timer = undefined
      },
    }
  }
}
