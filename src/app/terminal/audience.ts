import type { AttachOpening, AttachState } from '../../domain/attach.ts'
import { BerthError } from '../../domain/errors.ts'
import type { EventBody } from '../../domain/event.ts'
import { EXEC } from '../../domain/exec-frame.ts'
import type { TerminalSize } from '../../domain/worker-protocol.ts'
import { terminalLine } from '../../std/terminal-safe.ts'
import type { SandboxLine } from './sandbox-line.ts'
import type { Screen } from './screen.ts'
import { MOST_UNREAD, type ViewerOutput, type ViewerSink, viewerOutput } from './viewer.ts'

const LONGEST_NAME = 100

type Member = {
  readonly id: string
  readonly who: string
  readonly since: string
  readonly readOnly: boolean
  readonly sink: ViewerSink
  readonly output: ViewerOutput
  size: TerminalSize
  lost: number
  /** It hears how things stand when it has read what was sent before. */
  waits: boolean
}

/** What a viewer does. */
export type ViewerSession = {
  /** Types, if the viewer writes. Resolves when more may come. */
  type(bytes: Buffer): Promise<void>
  resize(size: TerminalSize): void
  /** Writes from now on. */
  take(): void
  close(): void
}

type Input = {
  readonly task: string
  readonly turn: number
  readonly line: SandboxLine
  readonly screen: () => Screen | undefined
  readonly append: (event: EventBody) => void
  readonly now: () => Date
  /** The size of the agent's terminal while its screen is made. */
  readonly planned: TerminalSize
}

const nameOf = (who: string): string => terminalLine(who).slice(0, LONGEST_NAME) || 'somebody'

const inUse = (task: string, { who, since }: Member): BerthError =>
  new BerthError('terminal-in-use', `${who} writes to the terminal of ${task} since ${since.slice(0, 19)}Z`, {
    hint: `Look on with \`berth attach --read-only ${task}\`, or take over with \`berth attach --take ${task}\`.`,
  })

type House = Input & { readonly members: Map<string, Member>; writer: Member | undefined }

const stateOf = ({ members, writer, screen, planned, line }: House, { id, lost }: Member): AttachState => ({
  you: id,
  viewers: [...members.values()].map(({ id, who, since, readOnly }) => ({ id, who, since, readOnly })),
  writer: writer === undefined ? null : { id: writer.id, who: writer.who, since: writer.since },
  ...(screen()?.size ?? planned),
  input: line.isOpen ? 'open' : 'waiting',
  lost,
})

/** Tells a viewer how things stand; one that has fallen behind hears only the last of it, when it has read what was before. */
const tell = (house: House, member: Member): void => {
  const { sink } = member
  if (member.waits || !house.members.has(member.id)) return
  if (sink.unread < MOST_UNREAD) {
    sink.send(EXEC.state, JSON.stringify(stateOf(house, member)))
    return
  }
  member.waits = true
  void sink.drained().then(() =>
    setImmediate(() => {
      member.waits = false
      tell(house, member)
    }),
  )
}

const tellAll = (house: House): void => {
  for (const member of house.members.values()) tell(house, member)
}

const write = (house: House, member: Member): void => {
  const { members, append, turn } = house
  if (member.readOnly || house.writer === member || !members.has(member.id)) return
  house.writer = member
  append({ type: 'terminal.writer', turn, viewer: member.id })
  house.line.resize(member.size)
  tellAll(house)
}

const leave = (house: House, member: Member): void => {
  if (!house.members.delete(member.id)) return
  member.output.close()
  if (house.writer === member) house.writer = undefined
  house.append({ type: 'terminal.detached', turn: house.turn, viewer: member.id })
  tellAll(house)
}

const sessionOf = (house: House, member: Member): ViewerSession => ({
  async type(bytes) {
    if (house.writer === undefined) write(house, member)
    if (house.writer !== member) return
    await house.line.type(bytes, (lost) => {
      member.lost += lost
    })
  },
  resize(size) {
    member.size = size
    member.output.resized(size)
    if (house.writer === member) house.line.resize(size)
  },
  take: () => write(house, member),
  close: () => leave(house, member),
})

const join = (house: House, opening: AttachOpening, sink: ViewerSink): ViewerSession => {
  const { columns, rows, readOnly, take, who } = opening
  if (!readOnly && !take && house.writer !== undefined) throw inUse(house.task, house.writer)
  const size = { columns, rows }
  const member: Member = {
    id: crypto.randomUUID().slice(0, 8),
    who: nameOf(who),
    since: house.now().toISOString(),
    readOnly,
    sink,
    output: viewerOutput(sink, size, house.screen),
    size,
    lost: 0,
    waits: false,
  }
  house.members.set(member.id, member)
  house.append({ type: 'terminal.attached', turn: house.turn, viewer: member.id, who: member.who, readOnly })
  house.line.open()
  if (readOnly) tellAll(house)
  else write(house, member)
  member.output.ready()
  return sessionOf(house, member)
}

const dismiss = (house: House): void => {
  for (const { output, sink } of house.members.values()) {
    output.close()
    sink.end()
  }
  house.members.clear()
  house.writer = undefined
}

/**
 * The viewers of a terminal. One of them writes, and the terminal has its size. Whoever types while nobody writes becomes the
 * writer; the others have to take writing over.
 */
export const audience = (input: Input) => {
  const members = new Map<string, Member>()
  const house: House = { ...input, members, writer: undefined }
  const each = (use: (member: Member) => void) => {
    for (const member of members.values()) use(member)
  }
  return {
    get size() {
      return members.size
    },
    /** Throws `terminal-in-use` if somebody else writes, and this one would. */
    join: (opening: AttachOpening, sink: ViewerSink): ViewerSession => join(house, opening, sink),
    tell: (): void => tellAll(house),
    bytes: (data: Buffer): void => each(({ output }) => output.bytes(data)),
    /** The screen is there, or another one. */
    ready(): void {
      each(({ output }) => output.ready())
      tellAll(house)
    },
    resized(): void {
      each(({ output }) => output.resized())
      tellAll(house)
    },
    /** Everybody gets the last of the screen, and the exit code. */
    end(code: string): void {
      each(({ output, sink }) => {
        output.end()
        sink.send(EXEC.exit, code)
      })
      dismiss(house)
    },
    /** Everybody's connection ends; a viewer may come again. */
    dismiss: (): void => dismiss(house),
  }
}
