import type { AttachState } from '../domain/attach.ts'
import { terminalLine } from '../std/terminal-safe.ts'
import { counted } from './words.ts'

const isWriter = ({ you, writer }: AttachState): boolean => writer?.id === you

const writerWords = (state: AttachState): string => {
  const { writer } = state
  if (isWriter(state)) return 'you write'
  return writer === null ? 'nobody writes' : `${terminalLine(writer.who)} writes, you look on`
}

const lookers = ({ viewers, you }: AttachState): string => {
  const others = viewers.filter(({ id }) => id !== you).length
  return others === 0 ? '' : `, ${counted(others, 'other')} attached`
}

/** The line in front of the agent's screen: who writes, and how to leave. `keys`: as the user writes them. */
export const attachedLine = (id: string, state: AttachState, keys: string): string =>
  `berth: ${id}: ${writerWords(state)}${lookers(state)}; ${keys} detaches`

/** What a viewer is to know of a change; null if it concerns nobody but the others. */
export const attachChange = (id: string, before: AttachState, now: AttachState): string | null => {
  if (now.lost > before.lost) return `berth: ${counted(now.lost - before.lost, 'typed byte')} did not reach the agent`
  if (now.writer?.id === before.writer?.id) return null
  if (isWriter(now)) return 'berth: you write now'
  if (now.writer === null) return isReader(now) ? 'berth: nobody writes now' : 'berth: nobody writes now; type to write'
  const back = isWriter(before) ? `; \`berth attach --take ${id}\` takes it back` : ''
  return `berth: ${terminalLine(now.writer.who)} writes now, you look on${back}`
}

const isReader = ({ viewers, you }: AttachState): boolean => viewers.find(({ id }) => id === you)?.readOnly === true
