/** The two halves of NAME=VALUE; without a sign the value is empty. */
export const nameAndValue = (text: string): readonly [string, string] => {
  const at = text.indexOf('=')
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
}
