/** The name of a login: lower-case letters, digits and -, at most 40. */
export const LOGIN_NAME = /^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/
/** The name without --name. */
export const DEFAULT_LOGIN = 'default'
/** In place of a name: the task uses a key. */
export const NO_LOGIN = 'none'

/** A name that a login can have. */
export const isLoginName = (name: string): boolean => LOGIN_NAME.test(name) && name !== NO_LOGIN

export type LoginId = { readonly provider: string; readonly name: string }

/** How a plan names a login in place of a key: `login:PROVIDER/NAME`. */
export const loginReference = ({ provider, name }: LoginId): string => `login:${provider}/${name}`

/** Null for the reference of a key. */
export const parseLoginReference = (reference: string | null | undefined): LoginId | null => {
  const [, provider = '', name = ''] = /^login:([^/]+)\/([^/]+)$/.exec(reference ?? '') ?? []
  return provider === '' ? null : { provider, name }
}

/** The command that makes a login, or mends it. */
export const loginCommand = ({ provider, name }: LoginId): string =>
  `berth auth login ${provider}${name === DEFAULT_LOGIN ? '' : ` --name ${name}`}`
