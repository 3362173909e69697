const MOST = 200
const TOKEN = /^(gh[a-z]_|github_pat_|gl[a-z]+-|x-access-token$|x-token-auth$|oauth2$)/i
const LONG = 36

const decoded = (text: string) => text.replace(/%3a/gi, ':').replace(/%40/gi, '@')

/** Everything that could be user information: from the scheme to the last @, slashes included. */
const SCHEME = /^([a-z][a-z0-9+.-]*:\/\/)(.*)@/is
const BARE = /^[^/]*:(?!\/\/).*@/s

/** True where a user's value holds a password or a token beside the host: `user:x@`, a token as the user name. */
export const hasPassword = (repo: string): boolean => {
  const scheme = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)@/i.exec(repo)
  if (scheme !== null) {
    const user = decoded(scheme[1] ?? '')
    return user.includes(':') || user.includes('@') || TOKEN.test(user) || user.length >= LONG
  }
  // user:password@host/path, written without its scheme; git@host:path has its @ first
  return /^[^/:@]+:(?!\/\/).*@/s.test(repo)
}

/** A user's value for a message: quoted, shortened, and without a possible password. */
export const shownSource = (text: string): string => {
  const safe = text.replace(SCHEME, '$1***@').replace(BARE, '***@')
  return JSON.stringify(safe.length > MOST ? `${safe.slice(0, MOST)}...` : safe)
}
