import type { FreshReason } from '../../domain/fresh-reason.ts'

export type Pooled = {
  readonly id: string
  readonly shape: string
  /** When it was ready, in ms of a clock that nobody sets. */
  readonly since: number
}

/** Why a shape has no member: nothing of it is made before a task comes with it again, or nothing now. */
type Trouble = Extract<FreshReason, 'could-not-be-made' | 'little-memory' | 'sandbox-ended'>

/** `asked`: a task has said how many; else the second task of the shape gets a spare made for the third. */
type Shelf<R> = {
  readonly recipe: R
  readonly size: number
  readonly asked: boolean
  readonly usedAt: number
  readonly trouble?: Trouble | undefined
}

/** Members that wait, over all shapes, and how long a shape is made that no task has. */
type Bound = { readonly most: number; readonly idleMs: number }

export type BookLimits = {
  readonly asked: Bound
  readonly spares: Bound
  /** How long a member may wait. */
  readonly ageMs: number
}

/** Which shapes are made, and how many of each. `R` is what a shape's members are made by. */
const shelvesOf = <R>({ asked, spares }: Pick<BookLimits, 'asked' | 'spares'>) => {
  const shelves = new Map<string, Shelf<R>>()
  const boundOf = (shelf: Shelf<R>) => (shelf.asked ? asked : spares)
  const isLive = (shelf: Shelf<R>, now: number) => now - shelf.usedAt < boundOf(shelf).idleMs
  const find = (shape: string, now: number) => {
    const shelf = shelves.get(shape)
    return shelf !== undefined && isLive(shelf, now) ? shelf : undefined
  }

  return {
    find,
    get: (shape: string) => shelves.get(shape),
    clear: () => shelves.clear(),
    use(shape: string, recipe: R, size: number | undefined, now: number): void {
      const before = find(shape, now)
      for (const [other, shelf] of shelves) if (!isLive(shelf, now)) shelves.delete(other)
      if (size === 0) shelves.delete(shape)
      else if (size !== undefined) shelves.set(shape, { recipe, size, asked: true, usedAt: now })
      else if (before?.asked) shelves.set(shape, { recipe, size: before.size, asked: true, usedAt: now })
      else shelves.set(shape, { recipe, size: before === undefined ? 0 : 1, asked: false, usedAt: now })
    },
    trouble(shape: string, trouble: Trouble | undefined): void {
      const shelf = shelves.get(shape)
      if (shelf !== undefined) shelves.set(shape, { ...shelf, trouble })
    },
    /** How many of each shape shall wait: the one that was used last comes first. */
    wanted(now: number): ReadonlyMap<string, { readonly count: number; readonly asked: boolean }> {
      const left = { asked: asked.most, spares: spares.most }
      const counts = new Map<string, { readonly count: number; readonly asked: boolean }>()
      const live = [...shelves].filter(([, shelf]) => isLive(shelf, now))
      for (const [shape, shelf] of live.toSorted(([, a], [, b]) => b.usedAt - a.usedAt)) {
        if (shelf.trouble === 'could-not-be-made' || shelf.trouble === 'sandbox-ended') continue
        const of = shelf.asked ? 'asked' : 'spares'
        const count = Math.min(shelf.size, left[of])
        counts.set(shape, { count, asked: shelf.asked })
        left[of] -= count
      }
      return counts
    },
  }
}

type Missing<R> = { readonly shape: string; readonly recipe: R; readonly asked: boolean }

const sumOf = (counts: Iterable<{ readonly count: number }>): number =>
  [...counts].reduce((sum, { count }) => sum + count, 0)

/**
 * The book of the sandboxes that wait for a task: by shape, which is all that makes one as good as another. Says what is
 * to be made and what is to go, and does neither.
 */
export const poolBook = <M extends Pooled, R>({ ageMs, ...bounds }: BookLimits) => {
  const shelves = shelvesOf<R>(bounds)
  const waiting: M[] = []
  const { wanted } = shelves
  const take = (fits: (member: M) => boolean): M | undefined => {
    const at = waiting.findIndex(fits)
    return at < 0 ? undefined : waiting.splice(at, 1)[0]
  }
  const isSpare = (shape: string): boolean => shelves.get(shape)?.asked !== true
  const fits = (shape: string, now: number) => (member: M) => member.shape === shape && now - member.since < ageMs

  return {
    /** A task of this shape has come. `size`: how many more shall wait; undefined: it does not say. */
    use: shelves.use,
    /** Nothing of this shape can be had, and why; it says so to the next task of the shape. */
    trouble: shelves.trouble,
    isSpare,
    /** The oldest member of a shape that may still wait; nobody else gets it from then on. */
    claim: (shape: string, now: number): M | undefined => take(fits(shape, now)),
    /** True where a task of this shape would get one. */
    fits: (shape: string, now: number): boolean => waiting.some(fits(shape, now)),
    /** Why a task of this shape gets none. */
    why(shape: string, now: number): FreshReason {
      const shelf = shelves.find(shape, now)
      if (shelf === undefined) return 'first-of-its-kind'
      if (shelf.size === 0) return 'second-of-its-kind'
      if (shelf.trouble !== undefined) return shelf.trouble
      return wanted(now).get(shape)?.count === 0 ? 'others-came-later' : 'not-ready-yet'
    },
    put(member: M): void {
      shelves.trouble(member.shape, undefined)
      waiting.push(member)
    },
    drop: (id: string): M | undefined => take((member) => member.id === id),
    /** The members that nobody shall wait for any more; they are off the book. */
    expire(now: number): readonly M[] {
      const left = new Map([...wanted(now)].map(([shape, { count }]) => [shape, count]))
      const over = waiting.filter(({ shape, since }) => {
        const more = (left.get(shape) ?? 0) - 1
        left.set(shape, more)
        return more < 0 || now - since >= ageMs
      })
      for (const { id } of over) take((member) => member.id === id)
      return over
    },
    /** What is to be made next; no spare where only what was asked for may be. */
    missing(now: number, onlyAsked = false): Missing<R> | undefined {
      for (const [shape, { count, asked }] of wanted(now)) {
        if (onlyAsked && !asked) continue
        const recipe = shelves.get(shape)?.recipe
        const there = waiting.filter((member) => member.shape === shape).length
        if (recipe !== undefined && there < count) return { shape, recipe, asked }
      }
      return undefined
    },
    /** Forgets every shape; the members that waited. */
    clear(): readonly M[] {
      shelves.clear()
      return waiting.splice(0)
    },
    has: (id: string) => waiting.some((member) => member.id === id),
    /** How many somebody has asked for. */
    asked: (now: number): number => sumOf([...wanted(now).values()].filter(({ asked }) => asked)),
    counts: (now: number) => ({
      waiting: waiting.length,
      wanted: sumOf(wanted(now).values()),
      spares: waiting.filter(({ shape }) => isSpare(shape)).length,
    }),
  }
}
