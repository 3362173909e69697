import type { DiffOptions } from '../actions/diff.ts'
import { act, type Register } from '../command.ts'

export const diff: Register = (program, context) => {
  program
    .command('diff [id]')
    .usage('[options] [id] [-- PATH...]')
    .summary('show the work of a task as a diff')
    .description(
      'Prints the changes of a task against its base, uncommitted changes included, as the last turn left them. For a file of more than 32 MiB, it prints only name and size. It prints binary diffs only into a pipe. For a copied folder, it prints the changes of all turns together. With files or folders after `--` (paths from the top of the work tree), it prints only their changes. If a task has several repositories, each name begins with the folder of its repository. Without an id, Berth takes the last task.',
    )
    .option('--stat', 'print only file names and counts')
    .option('--name-only', 'print only the names of the changed files')
    .option('--turn <number>', 'show only the changes of this turn')
    .option('--branch <name>', 'show unpublished work of the task: a branch, tag or stash that `berth status` lists')
    .option('--repository <folder>', 'show only the repository in this folder, if the task has several')
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
