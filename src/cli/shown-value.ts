import { type Key, SETTINGS, WHEN_UNSET } from '../config/settings.ts'
import { formatBytes } from '../std/bytes.ts'
import { formatDuration } from '../std/duration.ts'
import { isSecretName } from '../std/secret-name.ts'

const PROXIES: readonly Key[] = ['https-proxy', 'http-proxy']
const LOGIN = /\/\/.*@/

/**
 * The value as a program may see it: of a variable whose name says that it is a secret, only that it is set; of a proxy,
 * the URL without its login.
 */
export const openValue = (key: Key, value: unknown): unknown => {
  if (typeof value === 'string' && PROXIES.includes(key)) return value.replace(LOGIN, '//***@')
  return key !== 'env' || value === null || typeof value !== 'object'
    ? value
    : Object.fromEntries(
        Object.entries(value).map(([name, one]) => [name, one !== null && isSecretName(name) ? '***' : one]),
      )
}

/** The value as a person reads it; empty where nothing is set. */
export const shownValue = (key: Key, value: unknown): string => {
  if (value === null || value === undefined) return ''
  if (typeof value === 'number' && SETTINGS[key].type === 'bytes') return formatBytes(value)
  if (typeof value === 'number' && SETTINGS[key].type === 'duration') return formatDuration(value)
  const open = openValue(key, value)
  return typeof open === 'object' ? JSON.stringify(open) : String(open)
}

/** As shownValue; where nothing sets the key, what holds then. */
export const shownInForce = (key: Key, value: unknown, origin: string): string => {
  const unset = value === null || (Array.isArray(value) && value.length === 0)
  return origin === 'default' && unset ? (WHEN_UNSET[key] ?? shownValue(key, value)) : shownValue(key, value)
}
