import type { EventBody } from '../../domain/event.ts'

/** Up to this many lines at once stay separate events. */
const FEW = 4
const LONGEST = 16 * 1024

type Line = Extract<EventBody, { readonly type: 'agent.output' | 'startup.output' | 'agent.message' }>

const isLine = (event: EventBody, plain: boolean): event is Line =>
  event.type === 'agent.output' || event.type === 'startup.output' || (plain && event.type === 'agent.message')

/** Output that came at the same time is one text, and names its stream once. */
const goesOn = (before: Line, next: Line): boolean =>
  before.type === next.type &&
  before.turn === next.turn &&
  (!('stream' in before) || !('stream' in next) || before.stream === next.stream)

/** The lines of one kind as one event, or as several where that would be long. Each has the place of its last line. */
const joined = (run: readonly Line[]): readonly Line[] => {
  if (run.length <= FEW) return run
  const made: Line[] = []
  let texts: string[] = []
  let size = 0
  for (const [i, line] of run.entries()) {
    texts.push(line.text)
    size += line.text.length + 1
    const next = run[i + 1]
    if (next !== undefined && size + next.text.length <= LONGEST) continue
    made.push({ ...line, text: texts.join('\n') })
    texts = []
    size = 0
  }
  return made
}

/**
 * Events of one piece of log, with many short lines of output as few events: an event has a hundred bytes beside its
 * text. `plain`: the agent's messages are lines of a plain text, too.
 */
export const joinOutput = (events: readonly EventBody[], plain: boolean): readonly EventBody[] => {
  const out: EventBody[] = []
  let run: Line[] = []
  const close = () => {
    for (const line of joined(run)) out.push(line)
    run = []
  }
  for (const event of events) {
    const line = isLine(event, plain) ? event : undefined
    const last = run.at(-1)
    if (last !== undefined && (line === undefined || !goesOn(last, line))) close()
    if (line === undefined) out.push(event)
    else run.push(line)
  }
  close()
  return out
}
