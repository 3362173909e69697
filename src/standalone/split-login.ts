export type RemoteLogin = { readonly user: string; readonly password: string }

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** A web address without the password in it, so that no file and no command line holds it. */
export const splitLogin = (url: string): { readonly rest: string; readonly login: RemoteLogin | null } => {
  const [, scheme, user, password, rest] = /^(https?:\/\/)([^/@:]*):([^/@]*)@(.*)$/i.exec(url) ?? []
  if (scheme === undefined || user === undefined || password === undefined) return { rest: url, login: null }
  return { rest: `${scheme}${rest}`, login: { user: decoded(user), password: decoded(password) } }
}
