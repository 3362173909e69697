import type * as z from 'zod'
import { taskRequest } from '../domain/request.ts'
import { formatBytes } from '../std/bytes.ts'
import { formatDuration } from '../std/duration.ts'
import { errorMessage } from '../std/error-message.ts'
import { type Parsed, parsed, unparsed } from '../std/parsed.ts'
import { type Key, SETTINGS, type Setting } from './settings.ts'

const show = (value: unknown): string => {
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 80 ? `${text.slice(0, 77)}...` : text
}

/** typed: from a file. flag: text, a list as several texts. variable: text, a list separated by commas. */
export type Form = 'typed' | 'flag' | 'variable'

/** A list in a variable may be JSON, for texts with commas; what is none is told as it stands. */
const jsonOr = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

const fromText = (type: Setting<unknown>['type'], value: unknown, form: Form): unknown => {
  if (typeof value !== 'string' || form === 'typed') return value
  if (type === 'number' && /^-?\d+(\.\d+)?$/.test(value.trim())) return Number(value)
  if (type === 'boolean' && (value === 'true' || value === 'false')) return value === 'true'
  if (type !== 'list' && type !== 'map') return value
  if (form === 'flag') return [value]
  if (type === 'list' && value.trimStart().startsWith('[')) return jsonOr(value)
  const parts = value.split(',').map((part) => part.trim())
  return parts.filter((part) => part !== '')
}

const isNumber = (value: unknown): value is number => typeof value === 'number'

/** A bound as people write it, in the unit of the setting. */
const bound = (type: Setting<unknown>['type'], value: number): string => {
  if (type === 'bytes') return formatBytes(value).replace(/ ([KMGTP])iB$/, (_, unit: string) => unit.toLowerCase())
  return type === 'duration' ? formatDuration(value) : String(value)
}

const wordsOf = (type: Setting<unknown>['type'], issue: z.core.$ZodIssue | undefined): string => {
  if (issue?.code === 'too_small' && type !== 'string')
    return `${issue.inclusive === false ? 'more than' : 'at least'} ${bound(type, Number(issue.minimum))}`
  if (issue?.code === 'too_big' && type !== 'string')
    return `${issue.inclusive === false ? 'less than' : 'at most'} ${bound(type, Number(issue.maximum))}`
  return issue?.message ?? 'wrong value'
}

const fits = (setting: Setting<unknown>, value: unknown, raw: unknown): Parsed<unknown> => {
  try {
    for (const [field, part] of Object.entries(setting.toRequest?.(value) ?? {})) {
      const result = taskRequest.shape[field as keyof typeof taskRequest.shape].safeParse(part)
      if (!result.success)
        return unparsed(
          `${isNumber(part) ? raw : show(part)} is not allowed: ${wordsOf(setting.type, result.error.issues[0])}`,
        )
    }
    return parsed(value)
  } catch (error) {
    return unparsed(errorMessage(error))
  }
}

/** Reads a setting's value out of the form it comes in. */
export const readValue = (key: Key, raw: unknown, form: Form): Parsed<unknown> => {
  const setting = SETTINGS[key] as unknown as Setting<unknown>
  const value = fromText(setting.type, raw, form)
  const result = setting.schema.safeParse(value)
  if (result.success) return fits(setting, result.data, raw)
  const custom = result.error.issues.find((issue) => issue.code === 'custom')
  if (custom !== undefined) return unparsed(custom.message)
  // Of the right kind, and out of its bounds.
  const [issue] = result.error.issues
  const bounds = issue?.code === 'too_small' || issue?.code === 'too_big'
  if (bounds && isNumber(value)) return unparsed(`${raw} is not allowed: ${wordsOf(setting.type, issue)}`)
  return unparsed(`expected ${setting.expected}, got ${show(raw)}`)
}
