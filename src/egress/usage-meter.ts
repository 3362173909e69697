import type { IncomingHttpHeaders } from 'node:http'
import type { Usage } from '../domain/usage.ts'
import { terminalLine } from '../std/terminal-safe.ts'
import { usageScanner } from './usage-scanner.ts'

type Path = readonly [name: string, part?: string]
/** How an API tells its counts: each of ours is the sum of some of theirs. */
type Dialect = {
  readonly input: readonly Path[]
  readonly cached: readonly Path[]
  readonly output: readonly Path[]
  readonly reasoning: readonly Path[]
}

/** Known by its first count. */
const DIALECTS: readonly Dialect[] = [
  {
    input: [['promptTokenCount'], ['toolUsePromptTokenCount']],
    cached: [['cachedContentTokenCount']],
    output: [['candidatesTokenCount'], ['thoughtsTokenCount']],
    reasoning: [['thoughtsTokenCount']],
  },
  {
    input: [['prompt_tokens']],
    cached: [['prompt_tokens_details', 'cached_tokens']],
    output: [['completion_tokens']],
    reasoning: [['completion_tokens_details', 'reasoning_tokens']],
  },
  {
    // Two APIs: what one has in its input, the other has beside it.
    input: [['input_tokens'], ['cache_creation_input_tokens'], ['cache_read_input_tokens']],
    cached: [['cache_read_input_tokens'], ['input_tokens_details', 'cached_tokens']],
    output: [['output_tokens']],
    reasoning: [
      ['output_tokens_details', 'reasoning_tokens'],
      ['output_tokens_details', 'thinking_tokens'],
    ],
  },
]
const PATHS = DIALECTS.flatMap(({ input, cached, output, reasoning }) => [...input, ...cached, ...output, ...reasoning])
const nameOf = (path: Path) => path.join('.')

const asObject = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}

const parsed = (json: string): unknown => {
  try {
    return JSON.parse(json)
  } catch {
    return null
  }
}

/** The longest name that a model may have, in characters. */
const LONGEST_NAME = 128

/** An upstream's word: left out where it is too long, or where nothing of it can be printed. */
const modelName = (json: string): string | null => {
  const told = parsed(json)
  const name = typeof told === 'string' && told.length <= LONGEST_NAME ? terminalLine(told) : ''
  return name === '' ? null : name
}

const usageOf = (counts: ReadonlyMap<string, number>): Usage | null => {
  const dialect = DIALECTS.find(({ input: [first] }) => first !== undefined && counts.has(nameOf(first)))
  if (dialect === undefined) return null
  const sum = (paths: readonly Path[]) => paths.reduce((all, path) => all + (counts.get(nameOf(path)) ?? 0), 0)
  return {
    inputTokens: sum(dialect.input),
    cachedTokens: sum(dialect.cached),
    outputTokens: sum(dialect.output),
    reasoningTokens: sum(dialect.reasoning),
  }
}

export type UsageMeter = {
  write(chunk: Uint8Array): void
  /** What the answer has told so far; null where it has told nothing. */
  read(): Usage | null
  /** The model's name by the answer's last word of it; null where it has told none. */
  model(): string | null
}

/** Reads the tokens that an answer tells of, and its model's name; null for an answer that is in no form to tell of any. */
export const usageMeter = (headers: IncomingHttpHeaders): UsageMeter | null => {
  const type = headers['content-type'] ?? ''
  const events = /^text\/event-stream\b/i.test(type)
  if (!events && !/^application\/json\b/i.test(type)) return null
  // `identity` is what was asked for.
  if (!/^(identity)?$/i.test(headers['content-encoding'] ?? '')) return null
  const counts = new Map<string, number>()
  let name: string | null = null
  const tokens = (json: string) => {
    const usage = asObject(parsed(json))
    for (const path of PATHS) {
      const [name, part] = path
      const value = part === undefined ? usage[name] : asObject(usage[name])[part]
      if (!Number.isSafeInteger(value) || (value as number) < 0) continue
      // What is told again and again in an answer only grows.
      counts.set(nameOf(path), Math.max(counts.get(nameOf(path)) ?? 0, value as number))
    }
  }
  const model = (json: string) => {
    name = modelName(json) ?? name
  }
  const write = usageScanner(events, { usage: tokens, model })
  return { write, read: () => usageOf(counts), model: () => name }
}
