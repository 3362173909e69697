import { isAbsolute, join } from 'node:path'

/** Compiled code is kept in a folder of the user's own: in a shared one, a stranger could put code there for us. */
export const codeFolder = (env: Readonly<Record<string, string | undefined>>): string | null => {
  // `code` is the folder of older versions, which others may write where the umask let them.
  const { HOME: home, XDG_CACHE_HOME: cache = '' } = env
  if (isAbsolute(cache)) return join(cache, 'berth', 'compiled')
  return home === undefined ? null : join(home, '.cache', 'berth', 'compiled')
}
