export type RemoteLogin = { readonly user: string; readonly password: string }

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/**
 * A web address without user and password in it, so that no file and no command line holds them. A user alone may be a
 * token. The last @ before the path ends the login: a password may have others.
 */
export const splitLogin = (url: string): { readonly rest: string; readonly login: RemoteLogin | null } => {
  const [, scheme, login, rest] = /^(https?:\/\/)([^/]*)@([^/@]*(?:\/.*)?)$/is.exec(url) ?? []
  if (scheme === undefined || login === undefined || rest === undefined) return { rest: url, login: null }
  const [user = '', ...password] = login.split(':')
  return { rest: `${scheme}${rest}`, login: { user: decoded(user), password: decoded(password.join(':')) } }
}
