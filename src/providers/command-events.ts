import type { CommandProvider } from '../domain/command-provider.ts'
import type { AgentErrorClass, AgentEvent } from '../domain/event.ts'
import { clip } from './clip.ts'
import { byWords } from './error-words.ts'
import { count, isObject, type JsonObject } from './json-field.ts'

type Rule = CommandProvider['events'][number]

const at = (object: JsonObject, path: string | undefined): unknown => {
  if (path === undefined) return undefined
  let value: unknown = object
  for (const name of path.split('.')) {
    if (Array.isArray(value) && /^\d+$/.test(name)) value = value[Number(name)]
    else if (isObject(value) && Object.hasOwn(value, name)) value = value[name]
    else return undefined
  }
  return value
}

const words = (object: JsonObject, path: string | undefined): string => {
  const value = at(object, path)
  if (typeof value === 'string') return value
  return value === undefined || value === null ? '' : JSON.stringify(value)
}

const tokens = (object: JsonObject, path: string | undefined) => count({ value: at(object, path) }, 'value')

const CLASSES: readonly (readonly [AgentErrorClass, RegExp])[] = [
  ['context', /context[_ ](length|window)|maximum context|prompt is too long/i],
  ['rate-limit', /rate.?limit|quota/i],
  ['auth', /unauthorized|invalid.api.key/i],
  ['model', /model .*(not found|does not exist)/i],
  ['network', /ECONN|connect|network|timed? ?out|overloaded/i],
]

/** What kind of failure the words of an unknown CLI tell of, as well as words can. */
export const wordsClass = (text: string): AgentErrorClass => byWords(CLASSES, text) ?? 'agent'

const usageEvent = (object: JsonObject, usage: NonNullable<Rule['usage']>): AgentEvent => ({
  type: 'agent.usage',
  usage: {
    inputTokens: tokens(object, usage.input),
    cachedTokens: tokens(object, usage.cached),
    outputTokens: tokens(object, usage.output),
    reasoningTokens: tokens(object, usage.reasoning),
  },
})

const endEvent = (object: JsonObject, end: NonNullable<Rule['tool-end']>, name: string): AgentEvent => {
  const code = at(object, end['exit-code'])
  const coded = typeof code === 'number' && Number.isInteger(code)
  return {
    type: 'agent.tool.end',
    id: words(object, end.id),
    name,
    ok: !coded || code === 0,
    ...(coded ? { exitCode: code } : {}),
    output: clip(words(object, end.output)),
  }
}

/** What a line of JSON says by the rules of the configuration. Keeps which tool calls are open. */
export const commandEvents = (rules: readonly Rule[]) => {
  const open = new Map<string, string>()
  const fits = (rule: Rule, object: JsonObject) =>
    Object.entries(rule.when).every(([path, value]) => at(object, path) === value)

  const texts = (object: JsonObject, rule: Rule): readonly AgentEvent[] => {
    const error = words(object, rule.error)
    const plain = (['message', 'reasoning', 'notice'] as const).flatMap((kind): AgentEvent[] => {
      const text = words(object, rule[kind])
      return text === '' ? [] : [{ type: `agent.${kind}`, text }]
    })
    return error === ''
      ? plain
      : [...plain, { type: 'agent.error', class: wordsClass(error), text: error.slice(0, 600) }]
  }
  const tools = (object: JsonObject, rule: Rule): readonly AgentEvent[] => {
    const begin = rule['tool-start']
    const end = rule['tool-end']
    const events: AgentEvent[] = []
    if (begin !== undefined) {
      const id = words(object, begin.id)
      const name = words(object, begin.name) || 'tool'
      if (id !== '' && !open.has(id)) {
        open.set(id, name)
        events.push({ type: 'agent.tool.start', id, name, input: clip(words(object, begin.input)) })
      }
    }
    if (end !== undefined) {
      const id = words(object, end.id)
      const name = open.get(id)
      if (name !== undefined && open.delete(id)) events.push(endEvent(object, end, name))
    }
    return events
  }
  return {
    read: (
      object: JsonObject,
    ): { readonly events: readonly AgentEvent[]; readonly session: string; readonly done: boolean } => {
      const said = rules.filter((rule) => fits(rule, object))
      return {
        session: said.map((rule) => words(object, rule.session)).find((id) => id !== '') ?? '',
        events: said.flatMap((rule) => [
          ...texts(object, rule),
          ...tools(object, rule),
          ...(rule.usage === undefined ? [] : [usageEvent(object, rule.usage)]),
        ]),
        done: said.some((rule) => rule.done === true),
      }
    },
    close: (): readonly AgentEvent[] => {
      const output = 'the turn ended while this was running'
      const ends = [...open].map(([id, name]) => ({ type: 'agent.tool.end' as const, id, name, ok: false, output }))
      open.clear()
      return ends
    },
  }
}
