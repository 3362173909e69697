import { readlinkSync } from 'node:fs'
import { hostname, userInfo } from 'node:os'
import { BerthError } from '../domain/errors.ts'
import type { Context } from './context.ts'
import { hasTerminal, sizeOf } from './held-terminal.ts'

const terminalName = (): string => {
  try {
    return readlinkSync('/proc/self/fd/0').replace(/^\/dev\//, '')
  } catch {
    return ''
  }
}

const userName = (): string => {
  try {
    return userInfo().username
  } catch {
    return 'somebody'
  }
}

/** What a viewer says of itself: `ann@laptop pts/3`. */
export const viewerName = (): string => `${userName()}@${hostname()} ${terminalName()}`.trim()

/** Refuses a command that needs a terminal where there is none. */
export const needTerminal = (context: Context, command: string): void => {
  if (!hasTerminal(context))
    throw new BerthError('no-terminal', `${command}: standard input and output are no terminal`, {
      hint: 'Call it in a terminal, without a pipe. `berth start --mode interactive` needs none, nor does `berth log -f ID`.',
    })
  const { columns, rows } = sizeOf(context)
  if (columns === 0 || rows === 0)
    throw new BerthError('no-terminal', `${command}: a terminal of ${columns} x ${rows} cells shows nothing`, {
      hint: 'Give the terminal a size, for instance with `stty columns 80 rows 24`.',
    })
}
