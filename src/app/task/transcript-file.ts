import type { Event } from '../../domain/event.ts'
import { inSlices } from '../../std/in-slices.ts'
import { FileChanged, rotatingFile } from '../../std/rotating-file.ts'
import type { Journal } from '../../store/store.ts'
import { transcriptLines } from '../../views/transcript-lines.ts'

const SIZE = { maxBytes: 10 * 1024 * 1024, files: 5 }

/**
 * The transcript of a task: a projection of its journal. The first write makes all of it from the journal, and so does
 * one after somebody has removed or changed the file; others add the events as they come.
 */
export const transcriptFile = (journal: Pick<Journal, 'read' | 'seq'>, path: string, size = SIZE) => {
  const file = rotatingFile(path, size)
  let lineOf = transcriptLines()
  /** The number of the last event that the file has; null: the file must be made. */
  let written: number | null = null
  let isMaking = false
  let making = Promise.resolve()

  const add = (events: readonly Event[]): void => {
    const lines = events.flatMap((event) => lineOf(event) ?? [])
    file.append(lines.map((line) => `${JSON.stringify(line)}\n`))
  }
  /** Adds what the journal has after that number, for as long as nobody else waits. */
  const addAfter = (seq: number, pause: () => Promise<void> | undefined) => {
    const events: Event[] = []
    let waits: Promise<void> | undefined
    for (const event of journal.read(seq)) {
      events.push(event)
      waits = pause()
      if (waits !== undefined) break
    }
    add(events)
    return { last: events.at(-1)?.seq ?? seq, waits }
  }
  const make = async (): Promise<void> => {
    isMaking = true
    written = null
    try {
      lineOf = transcriptLines()
      file.clear()
      const pause = inSlices()
      let seq = 0
      while (seq < journal.seq) {
        const { last, waits } = addAfter(seq, pause)
        seq = last
        if (waits !== undefined) await waits
      }
      written = seq
    } finally {
      isMaking = false
    }
  }
  const makeAgain = (): Promise<void> => {
    making = make()
    return making
  }
  return {
    /** Brings the file up to the journal, whose last events these are. */
    async take(events: readonly Event[]): Promise<void> {
      if (isMaking) return await making
      if (written === null || written + 1 !== events[0]?.seq) return await makeAgain()
      try {
        add(events)
        written = events.at(-1)?.seq ?? written
      } catch (error) {
        written = null
        if (!(error instanceof FileChanged)) throw error
        await makeAgain()
      }
    },
    /** Resolves when nothing is under way. */
    settled: (): Promise<void> => making.catch(() => {}),
  }
}
