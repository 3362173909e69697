import { type Parsed, parsed, unparsed } from '../std/parsed.ts'

/** The proxies of a company's network, by what is asked for. Their URLs may hold a password: they stay in memory. */
export type ParentProxies = {
  readonly http: string | null
  readonly https: string | null
  /** The hosts that are reached without them, in the forms of NO_PROXY. */
  readonly direct: readonly string[]
}

/** How this machine gets out of its company's network. */
export type CompanyNetwork = {
  readonly proxies: ParentProxies
  /** PEM file of authorities that are trusted beside the system's. */
  readonly caFile: string | null
}

export const NO_COMPANY: CompanyNetwork = { proxies: { http: null, https: null, direct: [] }, caFile: null }

/** In place of a proxy: there is none, whatever a variable says. */
export const NO_PROXY_WORD = 'none'

const EXPECTED = 'expected the URL of an http or https proxy, like http://proxy.example:3128'

/** Reads the address of a proxy, with or without its scheme. The error does not show the text: it may hold a password. */
export const parseProxy = (text: string): Parsed<string> => {
  const url = text.includes('://') ? text : `http://${text}`
  if (!URL.canParse(url)) return unparsed(`it is no URL; ${EXPECTED}`)
  const { protocol, hostname, username, password, port } = new URL(url)
  if (protocol !== 'http:' && protocol !== 'https:')
    return unparsed(`a proxy of ${protocol}// is not known; ${EXPECTED}`)
  const login = username === '' && password === '' ? '' : `${username}:${password}@`
  return parsed(`${protocol}//${login}${hostname}${port === '' ? '' : `:${port}`}`)
}

/** The words of a list in the form of NO_PROXY. */
export const directHosts = (text: string): readonly string[] => text.split(/[\s,]+/).filter((word) => word !== '')

type Env = Readonly<Record<string, string | undefined>>

/** The variable in lower case before the other, as curl has it; null where neither says anything. */
export const variableOf = (env: Env, name: string): { readonly name: string; readonly value: string } | null => {
  const found = [name, name.toUpperCase()].find((one) => (env[one] ?? '') !== '')
  return found === undefined ? null : { name: found, value: env[found] ?? '' }
}

/** The proxy that an environment names, in lower or upper case. */
export const proxyVariable = (env: Env, name: 'http_proxy' | 'https_proxy'): Parsed<string | null> => {
  const found = variableOf(env, name)
  if (found === null) return parsed(null)
  const proxy = parseProxy(found.value)
  return proxy.ok ? proxy : unparsed(`${found.name}: ${proxy.error}`)
}
