const PARTS: readonly string[] = ['user', 'role', 'type', 'level']
const WORD = /^[A-Za-z0-9_.:,-]{1,200}$/

/** Reads `disable`, TYPE or PART:VALUE, as the engines' `label=` has it; throws Error with a sentence. */
export const parseSecurityLabel = (texts: readonly string[]): string[] => {
  const options = texts.map((text) => {
    const shown = `"${text.slice(0, 80)}"`
    if (!WORD.test(text)) throw new Error(`${shown} is not disable, TYPE or PART:VALUE`)
    if (text === 'disable') return text
    const at = text.indexOf(':')
    if (at < 0) return `type:${text}`
    if (!PARTS.includes(text.slice(0, at)) || at === text.length - 1)
      throw new Error(`${shown} is not disable, TYPE or PART:VALUE; the parts are ${PARTS.join(', ')}`)
    return text
  })
  const parts = options.map((option) => option.split(':', 1)[0])
  if (parts.includes('disable') && options.length > 1) throw new Error('disable goes with no other label')
  const twice = parts.find((part, at) => parts.indexOf(part) !== at)
  if (twice !== undefined) throw new Error(`the ${twice} is given twice`)
  return options
}
