import {
  type CompanyNetwork,
  directHosts,
  NO_PROXY_WORD,
  parseProxy,
  proxyVariable,
  variableOf,
} from '../domain/company-network.ts'
import { BerthError } from '../domain/errors.ts'
import type { SupervisorSettings } from './supervisor-settings.ts'

type Env = Readonly<Record<string, string>>

const proxyOf = (setting: string | null, env: Env, name: 'http_proxy' | 'https_proxy'): string | null => {
  if (setting === NO_PROXY_WORD) return null
  const told = setting === null ? proxyVariable(env, name) : parseProxy(setting)
  if (told.ok) return told.value
  const key = name.replace('_', '-')
  throw new BerthError('config-invalid', told.error, {
    hint: `Correct the variable, or let the config file decide: \`berth config set ${key} URL\`, or \`${NO_PROXY_WORD}\` for no proxy.`,
  })
}

/** How this machine gets out of its network: by the supervisor's settings, else by the variables of an environment. */
export const companyNetwork = (settings: SupervisorSettings['company'], env: Env): CompanyNetwork => ({
  proxies: {
    http: proxyOf(settings.httpProxy, env, 'http_proxy'),
    https: proxyOf(settings.httpsProxy, env, 'https_proxy'),
    direct: settings.noProxy ?? directHosts(variableOf(env, 'no_proxy')?.value ?? ''),
  },
  caFile: settings.caFile,
})
