import { isAbsolute } from 'node:path'
import { NO_COMPANY, parseProxy } from '../domain/company-network.ts'
import { loginHeaderProblem } from '../domain/login-headers.ts'
import { type Parsed, parsed, unparsed } from '../std/parsed.ts'
import type { GatewayTask, LoginKeyAnswer } from './egress.ts'
import { isNetwork } from './parse-rules.ts'

const HEADERS: readonly string[] = ['authorization-bearer', 'x-api-key', 'x-goog-api-key']

type Fields = Readonly<Record<string, unknown>>
const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null
const textOrNull = (value: unknown): value is string | null => typeof value === 'string' || value === null

const isKey = (value: unknown): boolean => textOrNull(value) && (value === null || /^[\x21-\x7e]+$/.test(value))
const isFullKey = (value: unknown): boolean => value !== null && isKey(value)
const isHeaders = (value: unknown): boolean =>
  isFields(value) &&
  Object.values(value).every((text) => typeof text === 'string') &&
  loginHeaderProblem(value as Readonly<Record<string, string>>) === undefined
/** As PROVIDER/NAME; it stands in a command that people are told. */
const isLoginName = (value: unknown): boolean =>
  typeof value === 'string' && /^[\w.-]{1,100}\/[\w.-]{1,100}$/.test(value)
const isVersion = (value: unknown): boolean => typeof value === 'string' && value !== ''
const isLogin = (value: unknown): boolean =>
  isFields(value) && isLoginName(value['name']) && isVersion(value['version'])
const isPaths = (value: unknown): boolean =>
  Array.isArray(value) && value.every((path) => typeof path === 'string' && path.startsWith('/'))
const isCount = (value: unknown): boolean => Number.isInteger(value) && Number(value) > 0

/** What a task with a login has beside. */
const loginError = ({ upstream, key, headers, login, paths, intercept }: Fields): string | null => {
  if (headers !== undefined && !isHeaders(headers)) return 'model.headers has what the gateway does not set'
  if (login !== undefined && !isLogin(login)) return 'model.login is no name and version'
  if (login !== undefined && key === null) return 'model.login has no key'
  if (paths !== undefined && !isPaths(paths)) return 'model.paths is no list of paths'
  if (intercept === undefined) return null
  if (!isFields(intercept) || !isPaths(intercept['paths'])) return 'model.intercept.paths is no list of paths'
  return new URL(upstream as string).protocol === 'https:' ? null : 'model.intercept is for https alone'
}

const modelError = (model: Fields): string | null => {
  const { upstream, header, placeholder, key } = model
  if (typeof upstream !== 'string' || !URL.canParse(upstream)) return 'model.upstream is no URL'
  if (!/^https?:$/.test(new URL(upstream).protocol)) return `model.upstream is neither http nor https: ${upstream}`
  if (typeof header !== 'string' || !HEADERS.includes(header)) return `model.header is none of ${HEADERS.join(', ')}`
  if (typeof placeholder !== 'string' || placeholder === '') return 'model.placeholder is empty'
  if (!isKey(key)) return 'model.key is no text that a header can carry'
  if (model['guarded'] !== undefined && typeof model['guarded'] !== 'boolean')
    return 'model.guarded is neither true nor false'
  const failures = model['failures']
  if (failures !== undefined && !isCount(failures)) return 'model.failures is no whole number above 0'
  return loginError(model)
}

const isProxy = (value: unknown): boolean => value === null || (typeof value === 'string' && parseProxy(value).ok)
const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every((one) => typeof one === 'string')

const companyError = ({ proxies, caFile }: Fields): string | null => {
  if (!textOrNull(caFile)) return 'company.caFile is no path'
  if (!isFields(proxies)) return 'company.proxies is no object'
  if (!isProxy(proxies['http']) || !isProxy(proxies['https'])) return 'company.proxies has what is no URL of a proxy'
  return isTexts(proxies['direct']) ? null : 'company.proxies.direct is no list of texts'
}

/** It is part of a file's name. */
const PLAIN_NAME = /^[A-Za-z0-9_-]{1,100}$/

const BAD_NETWORK = 'network has a rule that is none'

const parseJson = (text: string): Parsed<unknown> => {
  try {
    return parsed(JSON.parse(text))
  } catch {
    return unparsed('the body is no JSON')
  }
}

/** The body of PUT /tasks/:id/network. */
export const parseNetwork = (text: string): Parsed<GatewayTask['network']> => {
  const body = parseJson(text)
  if (!body.ok) return body
  return isNetwork(body.value) ? parsed(body.value as GatewayTask['network']) : unparsed(BAD_NETWORK)
}

/** The body of PUT /tasks/:id/key. */
export const parseKey = (text: string): Parsed<LoginKeyAnswer> => {
  const body = parseJson(text)
  if (!body.ok) return body
  if (!isFields(body.value)) return unparsed('the body is no object')
  const { refused, key, headers, version } = body.value
  if (typeof refused === 'string') return parsed({ refused })
  if (!isFullKey(key)) return unparsed('key is no text that a header can carry')
  if (!isHeaders(headers)) return unparsed('headers has what the gateway does not set')
  return isVersion(version) ? parsed({ key, headers, version } as LoginKeyAnswer) : unparsed('version is no text')
}

/** The body of PUT /tasks/:id. */
export const parseTask = (task: string, text: string): Parsed<GatewayTask> => {
  const read = parseJson(text)
  if (!read.ok) return read
  const body = read.value
  if (!PLAIN_NAME.test(task)) return unparsed('the task has no plain name')
  if (!isFields(body)) return unparsed('the body is no object')
  const { socket, model, company = NO_COMPANY, network = null } = body
  if (typeof socket !== 'string' || !isAbsolute(socket)) return unparsed('socket is no absolute path')
  const wrong = model === null ? null : isFields(model) ? modelError(model) : 'model is no object'
  if (wrong !== null) return unparsed(wrong)
  const lost = isFields(company) ? companyError(company) : 'company is no object'
  if (lost !== null) return unparsed(lost)
  if (!isNetwork(network)) return unparsed(BAD_NETWORK)
  return parsed({ task, socket, model, company, network } as GatewayTask)
}
