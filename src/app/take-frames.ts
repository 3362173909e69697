import { faultPoint } from '../std/fault-point.ts'
import { follow } from './follow.ts'
import type { ingest } from './ingest.ts'
import { openRaw, readRaw } from './raw-log.ts'
import type { Running } from './running.ts'

const UNTRUSTED_KEPT = 200

/**
 * Takes the container's frames into raw file and journal until its log ends; what was taken in before comes first, and
 * is all where the container is gone (null).
 */
export const takeFrames = async (
  { live, plan, engine, end }: Running,
  container: string | null,
  taken: ReturnType<typeof ingest>,
  told: { readonly logged: (bytes: number) => void; readonly bundled: () => void },
): Promise<void> => {
  const path = `${live.folder}/raw/${plan.turn}-${plan.attempt}.jsonl`
  let known = 0
  let since: number | null = null
  for (const frame of readRaw(path)) {
    live.append(...taken.frame(frame))
    known = frame.n
    since = frame.t
  }
  if (container === null) return
  const raw = openRaw(path)
  let untrusted = 0
  try {
    for await (const batch of follow({ engine, container, known, since, signal: end })) {
      told.logged(batch.bytes)
      raw.append(batch.frames.map(({ line }) => live.redact(line)))
      const events = batch.frames.flatMap(({ frame }) => taken.frame(frame))
      const strange = batch.untrusted.slice(0, Math.max(0, UNTRUSTED_KEPT - untrusted))
      untrusted += batch.untrusted.length
      const unframed = strange.map((text) => ({
        type: 'untrusted' as const,
        turn: plan.turn,
        text: live.redact(text.slice(0, 2000)),
      }))
      faultPoint('frames.raw')
      live.append(...events, ...unframed)
      faultPoint('frames.told')
      if (batch.frames.some(({ frame }) => frame.k === 'work' && frame.bundle !== null)) told.bundled()
    }
  } finally {
    raw.close()
  }
}
