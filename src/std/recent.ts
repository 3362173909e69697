/** What was put in last, by name: at most so many, and the oldest goes first. */
export const recent = <T>(most: number) => {
  const held = new Map<string, T>()
  return {
    get: (name: string): T | undefined => held.get(name),
    put(name: string, value: T): void {
      held.delete(name)
      held.set(name, value)
      for (const oldest of held.keys()) {
        if (held.size <= most) return
        held.delete(oldest)
      }
    },
  }
}
