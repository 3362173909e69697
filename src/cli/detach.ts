import { EXIT } from '../domain/errors.ts'
import type { Context } from './context.ts'

/** Where nobody reads stdout any more, the command leaves its task to the supervisor, and says so. */
export const detachWhenUnread = (context: Context, id: string): void =>
  context.whenUnread(() => {
    context.stderr.write(
      `berth: detached, nobody reads the output: the task goes on. \`berth log -f ${id}\` follows it, \`berth stop ${id}\` stops it\n`,
    )
    return EXIT.detached
  })
