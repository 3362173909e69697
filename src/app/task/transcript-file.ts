import type { Event } from '../../domain/event.ts'
import { inSlices } from '../../std/in-slices.ts'
import { plainJson } from '../../std/plain-json.ts'
import { FileChanged, rotatingFile } from '../../std/rotating-file.ts'
import type { Journal } from '../../store/store.ts'
import { transcriptLines } from '../../views/transcript-lines.ts'
import { readMark, writeMark } from './transcript-mark.ts'

const SIZE = { maxBytes: 10 * 1024 * 1024, files: 5 }
/** How much a killed supervisor leaves at most beyond its mark. */
const MARKED_BYTES = 1024 * 1024

type Input = {
  readonly journal: Pick<Journal, 'read' | 'select' | 'seq'>
  readonly path: string
  /** The file that says how far the transcript is written. */
  readonly mark: string
  readonly size?: typeof SIZE
}

/** Writes the lines of events, in order, into a file that may have some of them already. */
const lineWriter = ({ journal, path, mark, size = SIZE }: Input) => {
  const file = rotatingFile(path, size)
  let lineOf = transcriptLines()
  /** The number of the last event that the file has. */
  let seq = 0
  /** Bytes of the file that are of events after that one. */
  let beyond = 0
  let unmarked = 0

  const save = (): void => {
    const left = file.mark()
    if (left !== null && unmarked > 0) writeMark(mark, { seq, file: left })
    unmarked = 0
  }
  const lacking = (lines: readonly string[]): readonly string[] => {
    let known = 0
    for (; beyond > 0 && known < lines.length; known++) beyond -= Buffer.byteLength(lines[known] ?? '')
    if (beyond < 0) throw new FileChanged(`${path}: it has other lines`)
    return lines.slice(known)
  }
  return {
    get seq() {
      return seq
    },
    save,
    add(events: readonly Event[]): void {
      const all = events.flatMap((event) => lineOf(event) ?? []).map((line) => `${plainJson(line, 0)}\n`)
      const lines = lacking(all)
      file.append(lines)
      seq = events.at(-1)?.seq ?? seq
      for (const line of lines) unmarked += line.length
      if (unmarked > MARKED_BYTES && beyond === 0) save()
    },
    /** Begins with an empty file. */
    startOver(): void {
      file.clear()
      lineOf = transcriptLines()
      seq = 0
      beyond = 0
    },
    /** Goes on where an earlier supervisor ended; throws FileChanged if the file is not as that one left it. */
    goOn(): void {
      const left = readMark(mark)
      if (left === undefined || left.seq > journal.seq) throw new FileChanged(`${path}: it has no mark`)
      beyond = file.adopt(left.file)
      lineOf = transcriptLines()
      for (const event of journal.select('task.created', 'source.ready', 'work.pushed'))
        if (event.seq <= left.seq) lineOf(event)
      seq = left.seq
    },
    /** Throws FileChanged if the file has something that the journal does not say. */
    check(): void {
      if (beyond > 0) throw new FileChanged(`${path}: it has further lines`)
    },
  }
}

/**
 * The transcript of a task: a projection of its journal. The first write goes on where an earlier supervisor ended. If
 * somebody has removed or changed the file, all of it is made from the journal. Later writes add the events as they come.
 */
export const transcriptFile = (input: Input) => {
  const { journal } = input
  const writer = lineWriter(input)
  let isCurrent = false
  let isMaking = false
  let making = Promise.resolve()

  /** Adds what the journal has more, and lets others have their turn in between. */
  const catchUp = async (): Promise<void> => {
    const pause = inSlices()
    while (writer.seq < journal.seq) {
      const events: Event[] = []
      let waits: Promise<void> | undefined
      for (const event of journal.read(writer.seq)) {
        events.push(event)
        waits = pause()
        if (waits !== undefined) break
      }
      writer.add(events)
      if (waits !== undefined) await waits
    }
    writer.check()
    writer.save()
    // In the same moment as the last look at the journal: further events are added as they come.
    isCurrent = true
    isMaking = false
  }
  const make = async (): Promise<void> => {
    try {
      writer.goOn()
      await catchUp()
    } catch (error) {
      if (!(error instanceof FileChanged)) throw error
      writer.startOver()
      await catchUp()
    }
  }
  const makeAgain = (): Promise<void> => {
    isCurrent = false
    isMaking = true
    making = make().catch((error: unknown) => {
      isMaking = false
      throw error
    })
    return making
  }
  return {
    /** Brings the file up to the journal, whose last events these are. */
    async take(events: readonly Event[]): Promise<void> {
      if (isMaking) return await making
      if (!isCurrent || writer.seq + 1 !== events[0]?.seq) return await makeAgain()
      try {
        writer.add(events)
      } catch (error) {
        isCurrent = false
        if (!(error instanceof FileChanged)) throw error
        await makeAgain()
      }
    },
    /** Resolves when nothing is under way. */
    async settled(): Promise<void> {
      await making.catch(() => {})
      if (isCurrent) writer.save()
    },
  }
}
