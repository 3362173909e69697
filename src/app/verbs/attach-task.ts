import type { AttachOpening } from '../../domain/attach.ts'
import { BerthError } from '../../domain/errors.ts'
import { FINAL, type TaskRecord } from '../../domain/task.ts'
import { MOST_CELLS, type TerminalSize } from '../../domain/worker-protocol.ts'
import { unlessAborted } from '../../std/abort.ts'
import type { JournalReader } from '../../store/store.ts'
import type { Deps } from '../deps.ts'
import { lastPlan } from '../task/journal-plans.ts'
import type { ViewerSession } from '../terminal/audience.ts'
import type { LiveTerminal } from '../terminal/live-terminal.ts'
import type { ViewerSink } from '../terminal/viewer.ts'

const noTerminal = (message: string, hint: string): BerthError => new BerthError('no-terminal', message, { hint })

/** Refuses a size that no terminal has. */
const checkSize = ({ columns, rows }: TerminalSize): void => {
  if (columns >= 1 && rows >= 1 && columns <= MOST_CELLS && rows <= MOST_CELLS) return
  throw noTerminal(
    `a terminal of ${columns} x ${rows} cells shows nothing`,
    `Run berth in a terminal that has a size, of at most ${MOST_CELLS} columns and rows. \`stty size\` shows it.`,
  )
}

/** Refuses a task that has no terminal, and will have none in the turn that it has. */
const checkTask = ({ id, state }: TaskRecord, journal: Pick<JournalReader, 'select'>): void => {
  const look = `\`berth log ${FINAL.has(state) ? '' : '-f '}${id}\` shows what its agent says`
  if (lastPlan({ journal }).order.run?.terminal === undefined)
    throw noTerminal(
      `${id}: its agent runs on no terminal`,
      FINAL.has(state)
        ? `${look}. Start a task with \`berth run -it\` to work at the agent's terminal.`
        : `${look}, and \`berth shell ${id}\` opens a shell beside it.`,
    )
  if (FINAL.has(state))
    throw noTerminal(
      `${id} is ${state}: its terminal is closed`,
      `${look}. \`berth send ${id}\` begins another turn, on a new terminal.`,
    )
}

type Input = {
  readonly deps: Pick<Deps, 'terminals'>
  readonly tasks: { readonly onChange: (tell: () => void) => () => void }
  readonly record: () => TaskRecord
  readonly journal: (record: TaskRecord) => Pick<JournalReader, 'select'>
  readonly signal: AbortSignal
}

/** Waits for the terminal of a turn that has not begun. Throws `no-terminal` when there will be none. */
const findTerminal = async ({ deps, tasks, record, journal, signal }: Input): Promise<LiveTerminal> => {
  for (;;) {
    const { promise, resolve } = Promise.withResolvers<void>()
    const off = tasks.onChange(resolve)
    try {
      const opened = deps.terminals.opened()
      const task = record()
      const found = deps.terminals.get(task.id)
      if (found !== undefined) return found
      checkTask(task, journal(task))
      await unlessAborted(Promise.race([promise, opened]), signal)
    } finally {
      off()
    }
  }
}

/** Shows the terminal of a task's turn to a viewer. */
export const attachTask = (input: Input) => {
  const task = input.record()
  if (input.deps.terminals.get(task.id) === undefined) checkTask(task, input.journal(task))
  return async (opening: AttachOpening, sink: ViewerSink): Promise<ViewerSession> => {
    checkSize(opening)
    const terminal = await findTerminal(input)
    const session = terminal.attach(opening, sink)
    return {
      ...session,
      // A window may be closed to nothing for a moment.
      resize: (size) => {
        if (size.columns > 0 && size.rows > 0 && size.columns <= MOST_CELLS && size.rows <= MOST_CELLS)
          session.resize(size)
      },
    }
  }
}
