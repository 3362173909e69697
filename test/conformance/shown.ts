import type { AgentEvent } from '../../src/domain/event.ts'
import type { Provider } from '../../src/providers/provider.ts'
import { commandInput } from './command-input.ts'
import { type Parsed, parseRecording } from './parse-recording.ts'
import { recordedStreams } from './recorded.ts'

/** The recordings that every CLI has of a model that fails, and what it does each time. */
export const FAILURES = {
  e400: '400',
  e401: '401',
  e403: '403',
  e404: '404',
  e429: '429 without a time',
  e500: '500',
  e529: '529',
  drop: 'a stream that breaks off',
  'drop-head': 'a connection that is dropped',
  refused: 'nobody listens',
  'context-overflow': 'a conversation that is too long',
} as const
export type Shown = {
  readonly resume: string
  readonly sessionWhileSilent: boolean
  readonly usage: boolean
  readonly reasoningTokens: boolean
  readonly cost: boolean
  readonly reasoning: boolean
  readonly toolStart: string
  readonly exitCodes: string
  readonly changes: string
  readonly pictures: string
  readonly interrupted: string
  /** By the recording's name: the verdict's class, how the CLI ended by itself, how often it asked. */
  readonly failures: Readonly<Record<string, string>>
}

const PICTURE = '/berth/exchange/files/shot.png'

const of = <T extends AgentEvent['type']>(events: readonly AgentEvent[], type: T) =>
  events.filter((event): event is Extract<AgentEvent, { type: T }> => event.type === type)

const goesOn = ({ events, stream, verdict }: Parsed): string => {
  const ids = new Set(of(events, 'agent.session').map(({ session }) => session))
  if (!verdict.ok || ids.size === 0) return 'no'
  return stream.resume !== null && ids.has(stream.resume) && ids.size === 1 ? 'same id' : 'another id'
}

const exitCodes = (events: readonly AgentEvent[]): string => {
  const codes = of(events, 'agent.tool.end').flatMap(({ exitCode }) => (exitCode === undefined ? [] : [exitCode]))
  if (codes.length === 0) return 'no'
  return codes.includes(0) ? 'all' : 'of failures'
}

const changes = (events: readonly AgentEvent[]): string => {
  const kinds = of(events, 'agent.file').flatMap((event) => event.changes.map(({ kind }) => kind))
  return kinds.length === 0 ? 'no' : [...new Set(kinds)].toSorted().join(', ')
}

/** How a picture comes to the model; `no`: the prompt names its file, for the agent's tools. */
const pictures = (provider: Provider): string => {
  if (provider.mentions) return 'by @PATH'
  const attachments = [{ path: PICTURE, media: 'image/png' }]
  const { argv, env, files } = provider.command(commandInput({ attachments }))
  return JSON.stringify([argv, env, files]).includes(PICTURE) ? 'by a flag' : 'no'
}

const ended = ({ stream: { exit } }: Parsed): string => exit.signal ?? `exit code ${exit.code}`

const failures = (provider: Provider): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.keys(FAILURES).map((name) => {
      const parsed = parseRecording(provider, name)
      const { requests } = parsed.stream
      return [name, `${parsed.verdict.class}, ${ended(parsed)}, ${requests} ${requests === 1 ? 'request' : 'requests'}`]
    }),
  )

/** What the recorded streams of a provider's CLI show: the results of its conformance. */
export const shown = (provider: Provider): Shown => {
  const parsed = new Map(recordedStreams(provider.id).map(({ name }) => [name, parseRecording(provider, name)]))
  const one = (name: string): Parsed => parsed.get(name) ?? parseRecording(provider, name)
  const all = [...parsed.values()].flatMap(({ events }) => events)
  const { events: hello } = one('hello')
  const usages = of(hello, 'agent.usage').map(({ usage }) => usage)
  return {
    resume: goesOn(one('resume')),
    sessionWhileSilent: of(one('int-silent').told, 'agent.session').length > 0,
    usage: usages.some(({ inputTokens, outputTokens }) => inputTokens > 0 && outputTokens > 0),
    reasoningTokens: usages.some(({ reasoningTokens }) => (reasoningTokens ?? 0) > 0),
    cost: usages.some(({ costUsd }) => (costUsd ?? 0) > 0),
    reasoning: of(hello, 'agent.reasoning').length > 0,
    toolStart: of(one('int-tool').told, 'agent.tool.start').length > 0 ? 'as it begins' : 'when it is over',
    exitCodes: exitCodes(all),
    changes: changes(all),
    pictures: pictures(provider),
    interrupted: ended(one('int-tool')),
    failures: failures(provider),
  }
}
