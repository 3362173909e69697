import { act, type Register } from '../command.ts'

export const providers: Register = (program, context) => {
  program
    .command('providers')
    .summary('list the agents, their versions, keys and capabilities')
    .description(
      'Lists every agent that --agent can name, those of the config file too: its version in the toolbox, the variable of its key, whether this shell sets that variable, and its capabilities.',
    )
    .option(
      '--json',
      'print {"providers":[{"id":...,"installed":...,"tested":...,"key":...,"keySet":true,"supports":{...}}]}',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  berth providers\n  berth providers --json | jq -r ".providers[] | select(.keySet).id"',
    )
    .action((options: { json?: boolean }) =>
      act(context, options.json ?? false, async () =>
        (await import('../actions/providers.ts')).providersAction(context, options.json ?? false),
      ),
    )
}
