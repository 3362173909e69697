import { Option } from 'commander'
import { act, type Register } from '../command.ts'
import { addRunFlags } from '../run-flags.ts'

const EXAMPLES = `
Examples:
  berth run --repo https://git.example/team/app.git --branch main --agent codex "fix the flaky test"
  berth run -it --repo .
  berth run --repo . --dry-run "add a changelog"
  berth run --repo team/large --branch main --shared-tree "rename the flag"
  berth run --repo team/app --branch main --repo ../lib:vendor "use the new API of vendor"
  berth run --mode review --repo team/app --branch feature
  echo "$PROMPT" | berth run --repo team/app --branch main
  berth run --repo . --prompt-file task.md
  berth run --repo . "tidy up" -- --model-flag-of-the-agent`

type Options = Record<string, unknown> & {
  json?: boolean
  quiet?: boolean
  dryRun?: boolean
  containerDryRun?: boolean
}

const normal = (options: Options) => ({ ...options, dryRun: options.dryRun ?? options.containerDryRun ?? false })

export const run: Register = (program, context) => {
  addRunFlags(program.command('run [prompt...]'), [
    new Option('-i, --interactive', "work at the agent's own screen: --mode interactive, and attach (also -it)"),
    new Option('-t, --tty').hideHelp(),
    new Option('-q, --quiet', "print only the agent's last answer"),
    new Option('--json', 'print one event a line'),
  ])
    .summary('run a task and follow it to its end')
    .description(
      "Starts a task and shows the agent's work as it happens. On a terminal, the last line shows the agent's current step with its time, the tokens and the model. The exit code is the task's outcome. Ctrl-C stops the task; a second Ctrl-C detaches, and Berth finishes the stop in the background. Arguments after -- go to the agent's CLI unchanged. With `-`, or with a pipe and no prompt, Berth reads the prompt from stdin. If the output is closed, the command ends with exit code 9 and the task keeps running.",
    )
    .addHelpText('after', EXAMPLES)
    .action((words: string[], options: Options) =>
      act(context, options.json ?? false, async () =>
        (await import('../actions/run.ts')).runAction(context, words, normal(options)),
      ),
    )
}

export const start: Register = (program, context) => {
  addRunFlags(program.command('start [prompt...]'), [new Option('--json', 'print the task as JSON')])
    .summary('start a task in the background and print its id')
    .description(
      'Starts a task and prints only its id on stdout. The task keeps running without this terminal; follow it with `berth log -f ID`.',
    )
    .addHelpText('after', EXAMPLES.replace('  berth run -it --repo .\n', '').replaceAll('berth run', 'berth start'))
    .action((words: string[], options: Options) =>
      act(context, options.json ?? false, async () =>
        (await import('../actions/run.ts')).startAction(context, words, normal(options)),
      ),
    )
}
