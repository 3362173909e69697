/** What a person or a program writes is far below it; what recurses over a value is safe up to it. */
const MOST_LEVELS = 1000
const QUOTE = 34
const BACKSLASH = 92
/** What a bracket outside of strings does to the depth. */
const STEPS: ReadonlyMap<number, number> = new Map([
  [91, 1],
  [123, 1],
  [93, -1],
  [125, -1],
])

/**
 * True for a JSON text whose arrays and objects lie so deep in one another that what walks its value could end for lack of
 * stack, as `JSON.stringify` does. Each character is looked at once.
 */
export const isDeeplyNested = (json: string): boolean => {
  if (json.length <= MOST_LEVELS) return false
  let depth = 0
  let inString = false
  for (let at = 0; at < json.length; at += 1) {
    const code = json.charCodeAt(at)
    if (code === QUOTE) inString = !inString
    else if (inString) at += code === BACKSLASH ? 1 : 0
    else depth += STEPS.get(code) ?? 0
    if (depth > MOST_LEVELS) return true
  }
  return false
}
