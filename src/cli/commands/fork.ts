import type { ForkOptions } from '../actions/fork.ts'
import { act, type Register } from '../command.ts'
import { addEnvFlag, addFileFlag } from '../run-flags.ts'

export const fork: Register = (program, context) => {
  addEnvFlag(addFileFlag(program.command('fork <id> [prompt...]')))
    .summary('start a new task from a turn of another task')
    .description(
      "Creates a task from the work tree and the agent's session as they were at the end of a turn. The new task runs by itself and pushes to its own branch; the other task stays as it is. Without a prompt, Berth tells the agent to continue. With `-`, Berth reads the prompt from stdin.",
    )
    .option('--turn <number>', 'start from the end of this turn (default: the last one)')
    .option('--name <name>', 'name the new task')
    .option('--title <text>', 'give the new task a title (default: the first line of the prompt)')
    .option('--new-session', 'take only the work tree; the agent begins a new session')
    .option('-f, --follow', 'show the new task and exit with its outcome')
    .option('--json', 'print the task as JSON; with --follow one event a line')
    .addHelpText(
      'after',
      '\nExamples:\n  berth fork t-01k3 "try it with a regular expression instead"\n  berth fork t-01k3 --turn 1 -f "the same without a new dependency"\n  berth fork t-01k3 --new-session "review what is here, and mend it"',
    )
    .action((id: string, words: string[], options: ForkOptions) =>
      act(context, options.json ?? false, async () =>
        (await import('../actions/fork.ts')).forkAction(context, id, words, options),
      ),
    )
}
