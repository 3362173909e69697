import type { ApplyOptions } from '../actions/apply.ts'
import type { CheckoutOptions } from '../actions/checkout.ts'
import { act, type Register } from '../command.ts'

export const apply: Register = (program, context) => {
  program
    .command('apply [id]')
    .summary('apply the work of a task to this checkout')
    .description(
      'Applies the changes of a task, uncommitted ones included, to the current checkout: to the files and the index, merged with your commits. Berth never touches a file that is not committed here, not even an ignored one: if the task changed such a file, Berth names it and changes nothing. Hooks do not run. Without an id, Berth takes the last task.',
    )
    .option(
      '--commit',
      'apply the commits of the task one by one on top of yours (git cherry-pick), without uncommitted changes',
    )
    .option(
      '--repository <folder>',
      'the repository in this folder, if the task has several (default: the one that this checkout is of)',
    )
    .option('--json', 'print {"id":...,"files":[...]}; with --commit, "commits" in place of "files"')
    .addHelpText('after', '\nExamples:\n  berth apply t-01k3\n  berth apply --commit t-01k3')
    .action((id: string | undefined, options: ApplyOptions) =>
      act(context, options.json ?? false, async () =>
        (await import('../actions/apply.ts')).applyAction(context, id, options),
      ),
    )
}

export const checkout: Register = (program, context) => {
  program
    .command('checkout <id>')
    .summary('switch this checkout to a branch with the work of a task')
    .description(
      'Creates the local branch berth/ID at the last commit of a task and switches to it. After a further turn, the same command moves the branch forward. If a file that is not committed here, even an ignored one, would be overwritten, Berth names it and changes nothing. Hooks do not run.',
    )
    .option(
      '--branch <name>',
      'check out a branch, tag or stash that `berth status` lists as unpublished, as berth/ID-NAME',
    )
    .option(
      '--repository <folder>',
      'the repository in this folder, if the task has several (default: the one that this checkout is of)',
    )
    .option('-f, --force', 'switch even if the branch has commits that the task lacks; the branch loses them')
    .option('--json', 'print {"id":...,"branch":...,"head":...}')
    .addHelpText('after', '\nExamples:\n  berth checkout t-01k3\n  git switch main && git merge berth/t-01k3')
    .action((id: string, options: CheckoutOptions) =>
      act(context, options.json ?? false, async () =>
        (await import('../actions/checkout.ts')).checkoutAction(context, id, options),
      ),
    )
}
