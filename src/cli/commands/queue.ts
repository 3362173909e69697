import { act, type Register } from '../command.ts'
import { addPromptFile } from '../run-flags.ts'
import { addSelector, type Selector } from '../select.ts'

export const queue: Register = (program, context) => {
  addSelector(program.command('queue [id...]'), 'tasks that are not over')
    .summary('list the queued turns of a task')
    .description(
      'Lists the queued prompts of a task, in their order. `berth edit` changes a queued prompt, `berth withdraw` removes it.',
    )
    .option('--json', 'print {"tasks":[{"id":...,"turns":[...]}]}, with the whole prompts')
    .addHelpText('after', '\nExamples:\n  berth queue t-01k3\n  berth queue --all\n  berth queue t-01k3 --json')
    .action((ids: string[], options: Selector & { json?: boolean }) =>
      act(context, options.json ?? false, async () =>
        (await import('../actions/queue.ts')).queueAction(context, ids, options),
      ),
    )
}

export const edit: Register = (program, context) => {
  addPromptFile(program.command('edit <id> <turn> [prompt...]'))
    .summary('change the prompt of a queued turn')
    .description(
      'Replaces the prompt of a turn that has not begun. With `-`, or with a pipe and no prompt, Berth reads the prompt from stdin.',
    )
    .option('--json', 'print the task as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  berth edit t-01k3 2 "add two tests, not one"\n  berth edit t-01k3 2 - < prompt.md',
    )
    .action((id: string, turn: string, words: string[], options: { json?: boolean; promptFile?: string }) =>
      act(context, options.json ?? false, async () =>
        (await import('../actions/queue.ts')).editAction(context, { id, turn, words }, options),
      ),
    )
}

export const withdraw: Register = (program, context) => {
  program
    .command('withdraw <id> <turn...>')
    .summary('remove queued turns')
    .description('Removes turns that have not begun from the queue of a task; the other turns stay.')
    .option('--json', 'print the task as JSON')
    .addHelpText('after', '\nExamples:\n  berth withdraw t-01k3 2\n  berth withdraw t-01k3 3 4')
    .action((id: string, turns: string[], options: { json?: boolean }) =>
      act(context, options.json ?? false, async () =>
        (await import('../actions/queue.ts')).withdrawAction(context, id, turns, options),
      ),
    )
}
