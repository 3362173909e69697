export type Pooled = {
  readonly id: string
  readonly shape: string
  /** When it was ready, in ms of a clock that nobody sets. */
  readonly since: number
}

type Shelf<R> = { recipe: R; size: number; usedAt: number }

export type BookLimits = {
  /** Members that wait, over all shapes. */
  readonly most: number
  /** How long a member may wait. */
  readonly ageMs: number
  /** How long a shape is made that no task has. */
  readonly idleMs: number
}

/**
 * The book of the sandboxes that wait for a task: by shape, which is all that makes one as good as another. Says what is
 * to be made and what is to go, and does neither. `R` is what a shape's members are made by.
 */
export const poolBook = <M extends Pooled, R>({ most, ageMs, idleMs }: BookLimits) => {
  const shelves = new Map<string, Shelf<R>>()
  const waiting: M[] = []

  /** How many of each shape shall wait: the one that was used last comes first. */
  const wanted = (now: number): ReadonlyMap<string, number> => {
    let left = most
    const counts = new Map<string, number>()
    const live = [...shelves].filter(([, { usedAt }]) => now - usedAt < idleMs)
    for (const [shape, { size }] of live.toSorted(([, a], [, b]) => b.usedAt - a.usedAt)) {
      counts.set(shape, Math.min(size, left))
      left -= Math.min(size, left)
    }
    return counts
  }
  const take = (fits: (member: M) => boolean): M | undefined => {
    const at = waiting.findIndex(fits)
    return at < 0 ? undefined : waiting.splice(at, 1)[0]
  }

  return {
    /** A task of this shape has come: so many more of them shall wait. */
    use(shape: string, recipe: R, size: number, now: number): void {
      if (size > 0) shelves.set(shape, { recipe, size, usedAt: now })
      else shelves.delete(shape)
    },
    /** What is made by this recipe cannot be had: nothing more of it is made until a task comes with it again. */
    forget: (shape: string): void => void shelves.delete(shape),
    /** The oldest member of a shape that may still wait; nobody else gets it from then on. */
    claim: (shape: string, now: number): M | undefined =>
      take((member) => member.shape === shape && now - member.since < ageMs),
    put: (member: M): void => void waiting.push(member),
    drop: (id: string): M | undefined => take((member) => member.id === id),
    /** The members that nobody shall wait for any more; they are off the book. */
    expire(now: number): readonly M[] {
      const counts = new Map(wanted(now))
      const over = waiting.filter(({ shape, since }) => {
        const left = (counts.get(shape) ?? 0) - 1
        counts.set(shape, left)
        return left < 0 || now - since >= ageMs
      })
      for (const { id } of over) take((member) => member.id === id)
      return over
    },
    /** What is to be made next. */
    missing(now: number): { readonly shape: string; readonly recipe: R } | undefined {
      for (const [shape, count] of wanted(now)) {
        const recipe = shelves.get(shape)?.recipe
        const there = waiting.filter((member) => member.shape === shape).length
        if (recipe !== undefined && there < count) return { shape, recipe }
      }
      return undefined
    },
    clear: (): readonly M[] => {
      shelves.clear()
      return waiting.splice(0)
    },
    has: (id: string) => waiting.some((member) => member.id === id),
    counts: (now: number) => ({
      waiting: waiting.length,
      wanted: [...wanted(now).values()].reduce((sum, count) => sum + count, 0),
    }),
  }
}
