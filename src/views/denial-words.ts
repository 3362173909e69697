import type { Denial } from '../domain/network/denial.ts'
import { shellWord } from '../std/shell-word.ts'
import { terminalLine } from '../std/terminal-safe.ts'
import { counted } from './words.ts'

/** What a person types to let it pass, or to see more of it; null where no rule can allow it. */
const commandFor = ({ host, allow }: Denial, id: string): string | null => {
  if (host === null) return `berth net ${id} --denied`
  return allow === null ? null : `berth allow ${id} ${shellWord(terminalLine(allow))}`
}

/** A user in a hurry must see what the agent asks for. */
const PRIVATE = 'allows it, and opens a server of this machine or its network to the agent'
const isPrivate = ({ allow }: Denial): boolean => allow?.split(' ').includes('private') === true

/** What was denied and the command that allows it, on one line. */
export const denialWords = (denial: Denial, id: string): string => {
  const command = commandFor(denial, id)
  const what = denial.host === null ? 'lists them' : isPrivate(denial) ? PRIVATE : 'allows it'
  return `denied: ${terminalLine(denial.reason)}${command === null ? '' : `; \`${command}\` ${what}`}`
}

const placeOf = ({ host, port }: Denial): string =>
  host === null ? 'further hosts' : `${terminalLine(host.includes(':') ? `[${host}]` : host)}:${port}`

const MOST = 5

/** The hosts that a turn was denied, how often, and what allows each. */
export const denialList = (denials: readonly Denial[], id: string): readonly string[] => {
  const shown = denials.slice(0, MOST).map((denial) => {
    const command = commandFor(denial, id)
    return `${placeOf(denial)}, ${counted(denial.count, 'request')}${command === null ? '' : `: ${command}`}`
  })
  const left = denials.length - shown.length
  return left > 0 ? [...shown, `and ${left} more: berth net ${id} --denied`] : shown
}
