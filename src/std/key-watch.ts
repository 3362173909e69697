/** What of the typed bytes goes on, and whether the keys were among them; nothing behind the keys goes on. */
type Typed = { readonly passed: Uint8Array; readonly found: boolean }

/** Looks for a sequence of keys in what is typed. */
export type KeyWatch = {
  /** Bytes that may be the beginning of the keys wait for the next ones. */
  take(data: Uint8Array): Typed
  /** The bytes that wait: they are not the beginning after all. */
  release(): Uint8Array
  /** True if some wait. */
  readonly waits: boolean
}

/** Finds `keys`, bytes, in what is typed, however it is cut into pieces. */
export const keyWatch = (keys: readonly number[]): KeyWatch => {
  let waiting: number[] = []
  const isBeginning = () => waiting.every((byte, at) => byte === keys[at])
  return {
    take(data) {
      const passed: number[] = []
      for (const byte of data) {
        waiting.push(byte)
        while (!isBeginning()) passed.push(waiting.shift() ?? 0)
        if (waiting.length < keys.length) continue
        waiting = []
        return { passed: Uint8Array.from(passed), found: true }
      }
      return { passed: Uint8Array.from(passed), found: false }
    },
    release() {
      const bytes = Uint8Array.from(waiting)
      waiting = []
      return bytes
    },
    get waits() {
      return waiting.length > 0
    },
  }
}
