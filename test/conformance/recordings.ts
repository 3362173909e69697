import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Provider, Verdict } from '../../src/providers/provider.ts'
import { casesOf } from '../fixtures/record/cases.ts'
import { parseRecording } from './parse-recording.ts'
import { recordedStreams } from './recorded.ts'

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

    it('has no recording that scripts/record-fixtures.ts would not make anew', () => {
      const names = recordedStreams(provider.id).map((stream) => stream.name)
      expect(names.toSorted()).toEqual(Object.keys(casesOf(provider.id)).toSorted())
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
