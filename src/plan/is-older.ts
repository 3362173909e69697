const numbers = (version: string) => version.split(/[.+-]/).map(Number)

/** Whether a version such as 1.18.33 comes before another; what is no number counts as equal. */
export const isOlder = (version: string, than: string): boolean => {
  const [a, b] = [numbers(version), numbers(than)]
  for (const [i, number] of b.entries()) {
    const own = a[i] ?? 0
    if (own !== number && !Number.isNaN(own) && !Number.isNaN(number)) return own < number
  }
  return false
}
