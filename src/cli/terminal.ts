import { styleText } from 'node:util'
import type { Context } from './context.ts'

/** Colours where stdout is a terminal that wants them. */
export const terminalStyle = (
  context: Context,
): ((format: Parameters<typeof styleText>[0], text: string) => string) => {
  const { env, stdout } = context
  const colours =
    (stdout.isTTY && !env['NO_COLOR'] && env['TERM'] !== 'dumb') ||
    (env['FORCE_COLOR'] !== undefined && env['FORCE_COLOR'] !== '0')
  return colours ? (format, text) => styleText(format, text, { validateStream: false }) : (_format, text) => text
}

/** Columns of the terminal; undefined in a pipe, where nothing is cut. */
export const terminalWidth = ({ stdout }: Context): number | undefined => (stdout.isTTY ? stdout.columns : undefined)

/** True on a terminal whose lines can be drawn again. */
export const isLiveTerminal = ({ env, stdout }: Context): boolean => stdout.isTTY && env['TERM'] !== 'dumb'
