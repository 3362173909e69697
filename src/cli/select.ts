import type { Command } from 'commander'
import { client } from '../client/client.ts'
import { BerthError } from '../domain/errors.ts'
import type { TaskRecord } from '../domain/task.ts'
import { collect } from './collect.ts'
import type { Context } from './context.ts'
import { lastTask } from './last-task.ts'
import { addSessionFlags, labelsOf, type SessionFlags, sessionWords } from './session-flags.ts'

/** Tasks by what they are, in place of their ids. */
export type Selector = SessionFlags & {
  readonly label?: readonly string[]
  readonly state?: string
  readonly all?: boolean
  readonly quiet?: boolean
}

/** Adds the selector's flags; `all` and `labelled` name the tasks that --all and --label take for this verb. */
export const addSelector = (command: Command, all: string, labelled = all): Command =>
  addSessionFlags(
    command.option('-l, --label <name=value>', `instead of ids, by label: ${labelled} (repeatable)`, collect),
    'instead of ids:',
  )
    .option('--state <states>', 'instead of ids, by state: tasks in these states, separated by commas')
    .option('-a, --all', `instead of ids: all ${all}`)
    .option('-q, --quiet', 'do not fail if no task has the label')

const words = ({ label = [], state, all, ...flags }: Selector): string =>
  [
    ...label.map((one) => `--label ${one}`),
    ...sessionWords(flags),
    ...(state === undefined ? [] : [`--state ${state}`]),
    ...(all ? ['--all'] : []),
  ].join(' ')

/** Whether a task bears all of these labels, in whatever state. */
const anyWith = async (api: ReturnType<typeof client>, labels: readonly string[]): Promise<boolean> => {
  const query = { all: 'true', limit: '1', label: labels }
  return (await api.ask('list', { query })).tasks.length > 0
}

/** True where it says more than nothing. */
export const isSelector = (selector: Selector): boolean => words(selector) !== ''

/**
 * The tasks a command is about: those of its ids, all of which must be there, or those that its selector finds. A
 * selector without --state finds what the verb can be done to: nothing, where there is nothing to do. A label that no
 * task has is a mistake. `last`: without ids and selector it is the last task.
 */
export const select = async (
  context: Context,
  ids: readonly string[],
  selector: Selector,
  fits: (record: TaskRecord) => boolean,
  { last = false }: { readonly last?: boolean } = {},
): Promise<readonly TaskRecord[]> => {
  const api = client(context)
  const asked = words(selector)
  if (last && asked === '' && ids.length === 0) return [await lastTask(context)]
  if (asked === '' && ids.length === 0)
    throw new BerthError('usage', "missing required argument 'id': give ids, or --label, --state or --all")
  if (asked === '') return await Promise.all(ids.map((id) => api.ask('task', { id })))
  if (ids.length > 0) throw new BerthError('usage', `${ids.join(' ')} and ${asked}: give ids or a selector, not both`)
  const labels = labelsOf(selector)
  const query = { all: 'true', label: labels, state: selector.state }
  const { tasks } = await api.ask('list', { query })
  const found = selector.state === undefined ? tasks.filter(fits) : tasks
  if (found.length > 0 || selector.quiet) return found
  if (labels !== undefined && tasks.length === 0 && (selector.state === undefined || !(await anyWith(api, labels))))
    throw new BerthError('usage', `${asked}: no such task`)
  context.stderr.write(`berth: ${asked}: nothing to do\n`)
  return found
}
