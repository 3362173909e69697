import type { SendOptions } from '../actions/send.ts'
import { act, type Register } from '../command.ts'
import { addEnvFlag, addFileFlag } from '../run-flags.ts'
import { addSelector, type Selector } from '../select.ts'

export const send: Register = (program, context) => {
  addEnvFlag(addFileFlag(program.command('send [id] [prompt...]')))
    .summary('give a task a further prompt')
    .description(
      'Adds a turn: the agent continues its session in the same workspace, in a fresh container or in a warm one (--keep-alive). If a turn is running, the new turn begins after it. With `-`, or with a pipe and no prompt, Berth reads the prompt from stdin. A single argument is a prompt for the last task, unless it is the id or the name of a task. For an interactive task you may leave the prompt out, and type it at the screen (`berth attach`); a pipe is then read only with `-`.',
    )
    .option('--interrupt', 'end the running turn first')
    .option('-f, --follow', 'show the new turn and exit with its outcome')
    .option('-q, --quiet', "with --follow: print only the agent's last answer")
    .option('--json', 'print the task as JSON; with --follow one event a line')
    .addHelpText(
      'after',
      '\nExamples:\n  berth send t-01k3 "now add a test"\n  berth send --interrupt -f t-01k3 "stop that, look at the parser instead"\n  berth send --file screenshot.png t-01k3 "it looks like this now"\n  git diff | berth send t-01k3 -',
    )
    .action((id: string | undefined, words: string[], options: SendOptions) =>
      act(context, options.json ?? false, async () =>
        (await import('../actions/send.ts')).sendAction(context, id, words, options),
      ),
    )
}

export const resume: Register = (program, context) => {
  addEnvFlag(addSelector(program.command('resume [id...]'), 'tasks that failed, were stopped or died'))
    .summary('try the last turn of failed, stopped or died tasks again')
    .description(
      'Tries the last turn again in its workspace, in a fresh container. If the agent already got the prompt, Berth tells it to continue; otherwise the agent gets the prompt again.',
    )
    .option('--json', 'print the tasks as JSON')
    .addHelpText('after', '\nExamples:\n  berth resume t-01k3\n  berth resume --label batch=7')
    .action(
      (ids: string[], options: Selector & { env?: readonly string[]; envFile?: readonly string[]; json?: boolean }) =>
        act(context, options.json ?? false, async () =>
          (await import('../actions/send.ts')).resumeAction(context, ids, options),
        ),
    )
}
