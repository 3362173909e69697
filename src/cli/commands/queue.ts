import { act, type Register } from '../command.ts'
import { addPromptFile } from '../run-flags.ts'
import { addSelector, type Selector } from '../select.ts'

export const queue: Register = (program, context) => {
  addSelector(program.command('queue [id...]'), 'tasks that are not over')
    .summary('list the turns of a task that wait')
    .description(
      'Lists the prompts that were sent and have not begun, in the order they will. `berth edit` changes one, `berth withdraw` takes it back.',
    )
    .option('--json', '{"tasks":[{"id":...,"turns":[...]}]}, with the whole prompts')
    .addHelpText('after', '\nExamples:\n  berth queue t-01k3\n  berth queue --all\n  berth queue t-01k3 --json')
    .action((ids: string[], options: Selector & { json?: boolean }) =>
      act(context, options.json ?? false, async () =>
        (await import('../actions/queue.ts')).queueAction(context, ids, options),
      ),
    )
}

export const edit: Register = (program, context) => {
  addPromptFile(program.command('edit <id> <turn> [prompt...]'))
    .summary('change the prompt of a turn that waits')
    .description('Gives a turn that has not begun another prompt. `-`, or a pipe without it, reads it from stdin.')
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
    .summary('take turns that wait back')
    .description('Takes turns that have not begun out of the queue of a task; the others go on as before.')
    .option('--json', 'print the task as JSON')
    .addHelpText('after', '\nExamples:\n  berth withdraw t-01k3 2\n  berth withdraw t-01k3 3 4')
    .action((id: string, turns: string[], options: { json?: boolean }) =>
      act(context, options.json ?? false, async () =>
        (await import('../actions/queue.ts')).withdrawAction(context, id, turns, options),
      ),
    )
}
