/** Edits from a to b: insert, delete, replace, and the swap of two neighbours. */
const distance = (a: string, b: string): number => {
  let before: number[] = []
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1
      let best = Math.min((previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (previous[j - 1] ?? 0) + same)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, (before[j - 2] ?? 0) + 1)
      row.push(best)
    }
    before = previous
    previous = row
  }
  return previous[b.length] ?? 0
}

/** The known word that was most likely meant, or undefined where none is near enough. */
export const suggest = (word: string, known: Iterable<string>): string | undefined => {
  const asked = word.toLowerCase().slice(0, 64)
  let best: { word: string; score: number } | undefined
  for (const candidate of known) {
    const name = candidate.toLowerCase()
    const near = distance(asked, name)
    const starts = asked.length >= 3 && (name.startsWith(asked) || asked.startsWith(name))
    const limit = Math.max(1, Math.floor(Math.max(asked.length, name.length) / 3))
    if (near > limit && !starts) continue
    const score = starts ? Math.min(near, limit + 0.5) : near
    if (best === undefined || score < best.score) best = { word: candidate, score }
  }
  return best?.word
}

/** ` (did you mean X?)` to put behind a sentence, or nothing. */
export const didYouMean = (word: string, known: Iterable<string>, show = (name: string) => name): string => {
  const found = suggest(word, known)
  return found === undefined ? '' : ` (did you mean ${show(found)}?)`
}
