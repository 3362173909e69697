import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { AgentEvent } from '../../src/domain/event.ts'
import type { Usage } from '../../src/domain/usage.ts'
import type { Provider, Verdict } from '../../src/providers/provider.ts'
import { recordedStreams } from './recorded.ts'

export type Parsed = { readonly events: readonly AgentEvent[]; readonly verdict: Verdict }

/** What a provider's parser makes of a recording of its CLI. */
export const parseRecording = (provider: Provider, name: string, previousThread: Usage | null = null): Parsed => {
  const stream = recordedStreams(provider.id).find((one) => one.name === name)
  if (stream === undefined) throw new Error(`no recording ${name} of ${provider.id}`)
  const parser = provider.parser({ previousThread, resume: stream.resume })
  const events = [...stream.lines.flatMap(parser.line), ...stream.stderr.flatMap(parser.errorLine)]
  const end = parser.end(stream.exit)
  return { events: [...events, ...end.events], verdict: end.verdict }
}

/** Each recording gives this verdict, and the events that stand beside it; `vitest -u` writes these anew. */
export const recordingsSuite = (
  provider: Provider,
  verdicts: Readonly<Record<string, readonly [kind: Verdict['class'], reason: RegExp]>>,
) => {
  describe(`${provider.id} on recorded streams`, () => {
    it('has an expectation for each recording', () => {
      const names = recordedStreams(provider.id).map((stream) => stream.name)
      expect(names.toSorted()).toEqual(Object.keys(verdicts).toSorted())
    })

    it.each(Object.entries(verdicts))('%s', async (name, [kind, reason]) => {
      const { events, verdict } = parseRecording(provider, name)
      expect(verdict).toMatchObject({ class: kind, ok: kind === 'ok', reason: expect.stringMatching(reason) })
      await expect(`${events.map((event) => JSON.stringify(event)).join('\n')}\n`).toMatchFileSnapshot(
        join(import.meta.dirname, '../fixtures', provider.id, `${name}.events`),
      )
    })
  })
}
