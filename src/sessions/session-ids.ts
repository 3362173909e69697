/** The ids of sessions: `{n}` becomes the least number, from 1, that leaves the id free. */
export const sessionIds = (written: readonly (string | undefined)[]): readonly (string | undefined)[] => {
  const taken = new Set(written)
  return written.map((id) => {
    if (id === undefined || !id.includes('{n}')) return id
    let n = 1
    while (taken.has(id.replace('{n}', String(n)))) n += 1
    const free = id.replace('{n}', String(n))
    taken.add(free)
    return free
  })
}
