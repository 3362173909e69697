import type { DiffOptions } from '../actions/diff.ts'
import { act, type Register } from '../command.ts'

export const diff: Register = (program, context) => {
  program
    .command('diff [id]')
    .summary('show the work of a task as a diff')
    .description(
      'Prints what the task changed against its base, uncommitted changes included, as the last turn left it. A file of more than 32 MiB is named with its size; a binary one goes into a pipe only. Without an id it is the last task.',
    )
    .option('--stat', 'files and counts alone')
    .option(
      '--branch <name>',
      'work of the task that was not published: a branch, tag or stash that `berth status` names',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  berth diff t-01k3\n  berth diff t-01k3 | git apply\n  berth diff t-01k3 --branch side',
    )
    .action((id: string | undefined, options: DiffOptions) =>
      act(context, false, async () => (await import('../actions/diff.ts')).diffAction(context, id, options)),
    )
}
