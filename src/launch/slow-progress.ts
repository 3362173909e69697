const QUIET_MS = 2000
const EVERY_MS = 3000

/** Tells how a long fetch comes on: nothing for a short one, then a line every few seconds. */
export const slowProgress = (tell: (text: string) => void) => {
  let next = Date.now() + QUIET_MS
  return (line: string) => {
    if (Date.now() < next) return
    next = Date.now() + EVERY_MS
    tell(line.trim())
  }
}
