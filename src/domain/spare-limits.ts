const MINUTE_MS = 60_000

/** When Berth keeps a pre-started sandbox that nobody asked for. */
export const SPARES = {
  /** After the last task of their kind; the second one within this time begins it. */
  withinMs: 10 * MINUTE_MS,
  /** Over all kinds. */
  most: 2,
  /** The memory that must be available before Berth starts one. */
  memoryBytes: 2 * 1024 ** 3,
} as const
