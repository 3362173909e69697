/** A text of at most about `max` characters: beginning and end are kept, the middle is counted. */
export const clip = (text: string, max = 32_768): string => {
  if (text.length <= max) return text
  const half = Math.floor(max / 2)
  const head = text.slice(0, half).toWellFormed()
  const tail = text.slice(-half).toWellFormed()
  return `${head}\n[... ${text.length - 2 * half} characters left out ...]\n${tail}`
}
