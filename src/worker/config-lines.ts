/**
 * The address of the first remote in the text of a repository's configuration, less what may be a secret in it; null
 * without one. An agent has written the text: each line is looked at once.
 */
export const remoteUrl = (config: string): string | null => {
  let isRemote = false
  for (const line of config.split(/[\r\n]/)) {
    let words = line.trim()
    if (words.startsWith('[')) {
      isRemote = /^\[remote\s/i.test(words)
      words = words.slice(words.indexOf(']') + 1).trim()
    }
    const equals = words.indexOf('=')
    if (!isRemote || words.slice(0, Math.max(0, equals)).trim().toLowerCase() !== 'url') continue
    const url = words.slice(equals + 1).trim()
    if (url !== '') return url.replace(/\/\/[^/@]*@/, '//')
  }
  return null
}
