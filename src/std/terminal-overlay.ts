import { displayWidth } from './display-width.ts'

type Size = { readonly columns: number; readonly rows: number }

const clipped = (text: string, columns: number): string => {
  let clip = text
  while (displayWidth(clip) > columns) clip = [...clip].slice(0, -1).join('')
  return clip
}

/** Words on the last row of a terminal, over what is there. The cursor stays, and so does how a program writes. */
export const onLastRow = (text: string, { columns, rows }: Size): string =>
  // The last column stays free: no terminal moves to the next row then.
  `\u001b7\u001b[?6l\u001b(B\u000f\u001b[${rows};1H\u001b[0;7m ${clipped(text, columns - 3)} \u001b[0m\u001b[K\u001b8`

/**
 * To a new row below what a program left on the screen. `alternate`: it had the alternate screen, and the cursor is where it
 * was before that.
 */
export const belowScreen = (alternate: boolean, { rows }: Size): string =>
  alternate ? '\r\n\u001b[J' : `\u001b[${rows};1H\r\n`
