import type { DiffOptions } from '../actions/diff.ts'
import { act, type Register } from '../command.ts'

export const diff: Register = (program, context) => {
  program
    .command('diff [id]')
    .usage('[options] [id] [-- PATH...]')
    .summary('show the work of a task as a diff')
    .description(
      'Prints what the task changed against its base, uncommitted changes included, as the last turn left it. A file of more than 32 MiB is named with its size; a binary one goes into a pipe only. Of a copied folder it is what all turns together changed. Behind `--` stand files and folders from the top of the work: only they are shown. Without an id, Berth takes the last task.',
    )
    .option('--stat', 'print only file names and counts')
    .option('--name-only', 'print only the names of the changed files')
    .option('--turn <number>', 'show only what this turn changed')
    .option('--branch <name>', 'show unpublished work of the task: a branch, tag or stash that `berth status` lists')
    .option('--json', 'print the changed files as one JSON object: path, insertions, deletions, binary')
    .addHelpText(
      'after',
      '\nExamples:\n  berth diff t-01k3\n  berth diff t-01k3 | git apply\n  berth diff t-01k3 --branch side\n  berth diff t-01k3 --turn 2 -- src docs/api.md\n  berth diff --name-only',
    )
    .action((id: string | undefined, options: DiffOptions) =>
      act(context, options.json ?? false, async () =>
        (await import('../actions/diff.ts')).diffAction(context, id, options),
      ),
    )
}
