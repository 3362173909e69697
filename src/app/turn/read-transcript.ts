import { open } from 'node:fs/promises'
import type { AgentEvent } from '../../domain/event.ts'
import type { Transcript } from '../../providers/provider.ts'
import { lineSplitter } from '../../std/lines.ts'
import { shownName, type TarEntry, tarEntries } from '../../std/tar-entries.ts'

const LINE_BYTES = 2 * 1024 * 1024

/** How much of a turn's session Berth reads, and how many events it makes of it: an agent writes these files. */
export type TranscriptLimits = {
  readonly files: number
  /** Of each file; of a longer one the end. */
  readonly fileBytes: number
  readonly events: number
  readonly eventBytes: number
}

export const TRANSCRIPT_LIMITS: TranscriptLimits = {
  files: 20,
  fileBytes: 32 * 1024 * 1024,
  events: 20_000,
  eventBytes: 16 * 1024 * 1024,
}

type Part = { readonly session: string; readonly at: number; readonly events: readonly AgentEvent[] }

const CUT = 'the transcript leaves this out'

/** Ends for the calls that have none. */
const missingEnds = (events: readonly AgentEvent[]): readonly AgentEvent[] => {
  const open = new Map<string, string>()
  for (const event of events) {
    if (event.type === 'agent.tool.start') open.set(event.id, event.name)
    if (event.type === 'agent.tool.end') open.delete(event.id)
  }
  return [...open].map(([id, name]) => ({ type: 'agent.tool.end', id, name, ok: false, output: CUT }))
}

/** Events up to the limits. */
const eventList = ({ events: most, eventBytes }: TranscriptLimits) => {
  const events: AgentEvent[] = []
  let bytes = 0
  let left = 0
  return {
    add(more: readonly AgentEvent[]): void {
      for (const event of more) {
        const size = JSON.stringify(event).length
        if (left > 0 || events.length >= most || bytes + size > eventBytes) {
          left += 1
          continue
        }
        bytes += size
        events.push(event)
      }
    },
    /** With the last ones of the session, which the limits do not count. */
    whole(last: readonly AgentEvent[]): readonly AgentEvent[] {
      if (left === 0) return [...events, ...last]
      const notice = { type: 'agent.notice', text: `the transcript leaves out ${left} events` } as const
      const usage = last.filter(({ type }) => type === 'agent.usage')
      return [...events, ...missingEnds(events), notice, ...usage]
    },
  }
}

const readPart = async (entry: TarEntry, { transcript, since, redact, limits }: Input): Promise<Part | null> => {
  const reader = transcript.reader(since)
  const lines = lineSplitter(LINE_BYTES)
  const found = eventList(limits)
  let skip = Math.max(0, entry.size - limits.fileBytes)
  const take = (some: readonly string[]) => {
    for (const line of some) found.add(reader.line(redact(line)))
  }
  for await (const piece of entry.pieces()) {
    const rest = piece.subarray(Math.min(skip, piece.length))
    skip -= piece.length - rest.length
    take(lines.push(rest))
  }
  take(lines.end())
  const end = reader.end()
  if (end === null) return null
  return { session: end.session, at: end.at, events: found.whole(end.events) }
}

type Input = {
  /** The packed session. */
  readonly archive: string
  readonly transcript: Transcript
  /** When the turn's agent began, in ms. */
  readonly since: number
  readonly redact: (text: string) => string
  readonly limits: TranscriptLimits
}

/**
 * What was said and done in a turn, by the files of its session. The session that was used last comes last. Throws for an
 * archive that is none.
 */
export const readTranscript = async (input: Input): Promise<readonly AgentEvent[]> => {
  const file = await open(input.archive, 'r')
  try {
    const parts: Part[] = []
    for await (const entry of tarEntries(file)) {
      if (entry.type !== '0' || !input.transcript.isPart(shownName(entry.path))) continue
      const part = await readPart(entry, input)
      if (part !== null) parts.push(part)
      if (parts.length >= input.limits.files) break
    }
    return parts
      .toSorted((a, b) => a.at - b.at)
      .flatMap(({ session, events }) => [{ type: 'agent.session', session } as const, ...events])
  } finally {
    await file.close()
  }
}
