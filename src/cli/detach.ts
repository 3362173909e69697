import { EXIT } from '../domain/errors.ts'
import type { Context } from './context.ts'

/** Where nobody reads stdout any more, the command leaves its task to the supervisor, and says so. */
export const detachWhenUnread = (context: Context, id: string): void =>
  context.whenUnread(() => {
    context.stderr.write(
      `berth: detached, because the output was closed; the task keeps running. Follow it with \`berth log -f ${id}\`, stop it with \`berth stop ${id}\`\n`,
    )
    return EXIT.detached
  })
