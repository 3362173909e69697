import type { Event, Phase } from '../domain/event.ts'
import { addModel, mainModel } from '../domain/model-usage.ts'
import type { ModelUsage, Usage } from '../domain/usage.ts'
import { cutToWidth, displayWidth } from '../std/display-width.ts'
import { formatDuration } from '../std/duration.ts'
import { terminalLine } from '../std/terminal-safe.ts'
import { shortCount } from './result-words.ts'

/** Columns that what runs now has at least before the words behind it are left out. */
const LEAST = 20
const LEAST_COMMAND = 8
/** Nobody sees more of a command on one line. */
const LONGEST_INPUT = 400

const PHASES: Readonly<Record<Phase, string>> = {
  preparing: 'preparing',
  starting: 'starting the container',
  cloning: 'putting the repository in place',
  startup: 'the startup script runs',
  agent: 'the agent thinks',
  finishing: 'gathering the work',
  publishing: 'publishing',
  cleaning: 'cleaning up',
}

type Doing = { readonly words: string; readonly since: number }
type Tokens = { readonly input: number; readonly output: number }

/** What is known of the turn that runs. */
export type LiveState = {
  /** The turn's beginning; null while none runs. */
  readonly began: number | null
  readonly doing: Doing | null
  /** Tools that have not ended, by their id, in the order they began. */
  readonly tools: ReadonlyMap<string, Doing>
  /** As the gateway counts them, answer by answer; the agent's own count comes at its end. */
  readonly counted: Tokens
  readonly told: Tokens
  /** As it was asked for; the answers name the others. */
  readonly model: string | null
  readonly models: readonly ModelUsage[]
}

const NONE: Tokens = { input: 0, output: 0 }
export const NO_TURN: LiveState = {
  began: null,
  doing: null,
  tools: new Map(),
  counted: NONE,
  told: NONE,
  model: null,
  models: [],
}

const plus = (tokens: Tokens, usage: Usage): Tokens => ({
  input: tokens.input + usage.inputTokens,
  output: tokens.output + usage.outputTokens,
})

const without = (tools: LiveState['tools'], id: string): LiveState['tools'] =>
  new Map([...tools].filter(([key]) => key !== id))

const inputWords = (event: Extract<Event, { type: 'agent.tool.start' }>): string => {
  const input = terminalLine(event.input.slice(0, LONGEST_INPUT))
  return event.name === 'shell' ? `$ ${input}` : `${terminalLine(event.name)} ${input}`.trim()
}

/** The state after one more event: all that the line says comes from the events. */
export const liveState = (state: LiveState, event: Event): LiveState => {
  const at = Date.parse(event.at)
  const doing = (words: string): LiveState => ({ ...state, doing: { words, since: at }, tools: new Map() })
  const thinks = { words: PHASES.agent, since: at }
  switch (event.type) {
    case 'task.created':
      return { ...state, model: event.task.request.model ?? null }
    case 'turn.queued':
    case 'turn.again':
      return state.began === null ? { ...doing('queued'), began: at, counted: NONE, told: NONE } : state
    case 'turn.started':
      return { ...doing(PHASES.preparing), began: at, counted: NONE, told: NONE }
    case 'turn.phase':
      return state.began === null ? state : doing(PHASES[event.phase] ?? terminalLine(event.phase))
    case 'source.progress':
      return doing(terminalLine(event.text))
    case 'turn.blocked':
      return doing(`blocked: ${terminalLine(event.reason)}`)
    case 'turn.held':
      return doing(terminalLine(event.reason))
    case 'turn.released':
      return doing('queued')
    case 'turn.waiting':
      return doing(`waiting until ${terminalLine(event.until)}`)
    case 'turn.unblocked':
    case 'engine.back':
      return doing(PHASES.agent)
    case 'engine.lost':
      return doing('the engine does not answer')
    case 'stop.requested':
      return state.began === null ? state : doing('stopping')
    case 'agent.tool.start': {
      const tool = { words: inputWords(event), since: at }
      return { ...state, doing: thinks, tools: new Map([...state.tools, [event.id, tool]]) }
    }
    case 'agent.tool.end':
      return { ...state, doing: thinks, tools: without(state.tools, event.id) }
    case 'agent.message':
    case 'agent.reasoning':
      return { ...state, doing: thinks }
    case 'gateway.usage':
      return { ...state, counted: plus(state.counted, event.usage), models: addModel(state.models, event) }
    case 'agent.usage':
      return { ...state, told: plus(state.told, event.usage) }
    case 'turn.ended':
    case 'turn.withdrawn':
    case 'task.removed':
      return { ...NO_TURN, model: state.model, models: state.models }
    default:
      return state
  }
}

const MINUTE = 60_000
/** In whole seconds: a line that is drawn each second must not jump. */
const clock = (ms: number): string =>
  formatDuration(Math.max(0, Math.floor(ms / 1000) * 1000), ms < 60 * MINUTE ? 2 : 3)

const nowWords = ({ doing, tools }: LiveState, now: number): string => {
  const [last] = [...tools.values()].slice(-1)
  const one = last ?? doing
  if (one === null) return ''
  const more = tools.size > 1 ? ` and ${tools.size - 1} more` : ''
  const time = now - one.since < 1000 ? '' : ` (${clock(now - one.since)})`
  return `${one.words}${more}${time}`
}

/** What is cut is the command: how long it runs stays. */
const fitted = (words: string, columns: number): string => {
  const [, text = words, time = ''] = /^(.*)( \([^()]*\))$/s.exec(words) ?? []
  const room = columns - displayWidth(time)
  return room < LEAST_COMMAND ? cutToWidth(words, columns) : `${cutToWidth(text, room)}${time}`
}

/** One line of what goes on, at most so many columns wide; null where no turn runs. */
export const liveLine = (
  state: LiveState,
  options: { readonly now: number; readonly columns: number },
): string | null => {
  const { now, columns } = options
  if (state.began === null) return null
  const elapsed = clock(now - state.began)
  const { input, output } = state.counted.input + state.counted.output > 0 ? state.counted : state.told
  const tokens = input + output === 0 ? '' : `  ${shortCount(input)} in, ${shortCount(output)} out`
  const name = state.model ?? mainModel(state.models)
  const model = name === null ? '' : `  ${terminalLine(name)}`
  const words = nowWords(state, now)
  const least = displayWidth(elapsed) + 2 + Math.min(LEAST, displayWidth(words))
  const behind = [tokens + model, tokens, ''].find((text) => least + displayWidth(text) <= columns) ?? ''
  const room = columns - displayWidth(elapsed) - 2 - displayWidth(behind)
  return cutToWidth(`${elapsed}  ${fitted(words, Math.max(0, room))}${behind}`, columns)
}
