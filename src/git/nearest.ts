const distance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}

/** The names most like `wanted`, best first; none that shares little with it. */
export const nearest = (wanted: string, names: readonly string[], most = 3): readonly string[] => {
  const key = wanted.toLowerCase().slice(0, 100)
  const score = (name: string) => {
    const other = name.toLowerCase()
    if (other.includes(key) || key.includes(other)) return 0.2
    return distance(key, other.slice(0, 100)) / Math.max(key.length, other.length, 1)
  }
  return names
    .slice(0, 5000)
    .map((name) => ({ name, score: score(name) }))
    .filter((entry) => entry.score <= 0.5)
    .sort((a, b) => a.score - b.score || a.name.localeCompare(b.name))
    .slice(0, most)
    .map((entry) => entry.name)
}
