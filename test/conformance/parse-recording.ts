import type { AgentEvent } from '../../src/domain/event.ts'
import type { Usage } from '../../src/domain/usage.ts'
import type { Provider, Verdict } from '../../src/providers/provider.ts'
import { type Recorded, recordedStreams } from './recorded.ts'

export type Parsed = {
  /** What the stream told while it ran. */
  readonly told: readonly AgentEvent[]
  /** That, and what its end added. */
  readonly events: readonly AgentEvent[]
  readonly verdict: Verdict
  readonly stream: Recorded
}

/** What a provider's parser makes of a recording of its CLI. */
export const parseRecording = (provider: Provider, name: string, previousThread: Usage | null = null): Parsed => {
  const stream = recordedStreams(provider.id).find((one) => one.name === name)
  if (stream === undefined)
    throw new Error(`${provider.id} has no recording ${name}: node scripts/record-fixtures.ts ${provider.id} ${name}`)
  const parser = provider.parser({ previousThread, resume: stream.resume })
  const told = [...stream.lines.flatMap(parser.line), ...stream.stderr.flatMap(parser.errorLine)]
  const end = parser.end(stream.exit)
  return { told, events: [...told, ...end.events], verdict: end.verdict, stream }
}
