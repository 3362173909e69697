import { join } from 'node:path'
import { routeOf } from '../plan/route-of.ts'
import type { LoginService, ModelRoute, Provider } from '../providers/provider.ts'
import { errorMessage } from '../std/error-message.ts'
import { StepFailed } from './exit-codes.ts'

type Variables = Readonly<Record<string, string>>

/** How the CLI comes to its model. */
export type Access =
  /** By a key of the environment; we tell the CLI key and address. */
  | { readonly kind: 'key'; readonly key: string; readonly baseUrl: string; readonly addressGiven: boolean }
  /** By what the CLI finds itself: its login's file or further variables. `service`: a subscription's. */
  | { readonly kind: 'own'; readonly service: string | null; readonly options: Readonly<Record<string, string>> }

/** The CLIs' own variables for the address, by that of the key. */
const BASE_URLS: Readonly<Record<string, string>> = {
  OPENAI_API_KEY: 'OPENAI_BASE_URL',
  ANTHROPIC_API_KEY: 'ANTHROPIC_BASE_URL',
  GEMINI_API_KEY: 'GOOGLE_GEMINI_BASE_URL',
}

/** Other names of the key. */
const SAME_KEY: Readonly<Record<string, readonly string[]>> = { codex: ['CODEX_API_KEY'] }

/** Variables by which a CLI signs in itself, with what its settings must say then. */
const OWN: Readonly<Record<string, Readonly<Record<string, Pick<Access & { kind: 'own' }, 'service' | 'options'>>>>> = {
  codex: { CODEX_ACCESS_TOKEN: { service: 'chatgpt', options: {} } },
  claude: {
    ANTHROPIC_AUTH_TOKEN: { service: null, options: {} },
    CLAUDE_CODE_OAUTH_TOKEN: { service: 'claude', options: {} },
    CLAUDE_CODE_USE_BEDROCK: { service: null, options: {} },
    CLAUDE_CODE_USE_VERTEX: { service: null, options: {} },
  },
  gemini: {
    GOOGLE_API_KEY: { service: null, options: { 'security.auth.selectedType': 'vertex-ai' } },
    GOOGLE_CLOUD_ACCESS_TOKEN: { service: 'google', options: {} },
  },
  opencode: { OPENCODE_AUTH_CONTENT: { service: null, options: {} } },
}

const address = (route: ModelRoute, given: string | undefined, variable: string): string => {
  if (given === undefined) return route.api.defaultBaseUrl
  const url = URL.parse(given)
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new StepFailed('input', `${variable} is no address`, 'Give it like https://gateway.example/v1.')
  if (url.pathname === '/') url.pathname = route.api.emptyPath
  return url.href.replace(/\/$/, '')
}

/** For a CLI of several model providers, an address of OpenAI's form takes each model that names no other provider. */
const routeFor = (provider: Provider, model: string | null, env: Variables): ModelRoute => {
  const given = env['OPENAI_BASE_URL'] || undefined
  const isElsewhere = model !== null && /^(anthropic|google)\//.test(model)
  try {
    return routeOf(provider, {
      ...(model === null ? {} : { model }),
      ...(given === undefined || isElsewhere ? {} : { baseUrl: given }),
    })
  } catch (error) {
    throw new StepFailed('input', `MODEL: ${errorMessage(error)}`, 'Name the model as the CLI does.', error)
  }
}

/** Where a login's file lies. */
const loginFile = ({ file: { path, folder } }: LoginService, env: Variables, home: string): string => {
  const elsewhere = folder === undefined ? undefined : env[folder.variable]
  return folder === undefined || !elsewhere ? join(home, path) : join(elsewhere, path.slice(folder.path.length))
}

type Given = {
  readonly provider: Provider
  readonly model: string | null
  readonly env: Variables
  readonly home: string
  /** Whether a file is there and not empty. */
  readonly hasFile: (path: string) => boolean
}

const byKey = ({ provider, model, env }: Given): Access | undefined => {
  const route = routeFor(provider, model, env)
  const names = [...(route.key === null ? [] : [route.key.env]), ...(SAME_KEY[provider.id] ?? [])]
  const key = names.map((name) => env[name]).find((value) => value !== undefined && value !== '')
  const variable = BASE_URLS[route.key?.env ?? ''] ?? ''
  const given = env[variable] || undefined
  const baseUrl = address(route, given, variable)
  return key === undefined ? undefined : { kind: 'key', key, baseUrl, addressGiven: given !== undefined }
}

/** A key of the environment, else a variable of the CLI's own, else a login's file. Throws StepFailed without any. */
export const chooseAccess = (given: Given): Access => {
  const { provider, env, home, hasFile } = given
  const key = byKey(given)
  if (key !== undefined) return key
  const [variable] = Object.entries(OWN[provider.id] ?? {}).filter(([name]) => env[name])
  if (variable !== undefined) return { kind: 'own', ...variable[1] }
  const logins = provider.logins ?? []
  const service = logins.find((one) => hasFile(loginFile(one, env, home)))
  if (service !== undefined) return { kind: 'own', service: service.id, options: {} }
  const files = [...new Set(logins.map((one) => loginFile(one, env, home)))]
  throw new StepFailed(
    'no-credentials',
    `${provider.title} has no credentials: ${[provider.key?.env, ...files].filter(Boolean).join(' and ')} ${files.length === 0 ? 'is' : 'are'} missing`,
    `Give the key with -e ${provider.key?.env ?? 'KEY'}, or mount a folder with a login of the CLI.`,
  )
}
