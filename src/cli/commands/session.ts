import { act, type Register } from '../command.ts'

type Options = { readonly file: string; readonly json?: boolean }

export const session: Register = (program, context) => {
  const group = program
    .command('session')
    .summary('check a manifest of many sessions')
    .description(
      'A manifest describes many sessions in one file: TOML, YAML or JSON. Each session is one task. docs/sessions.md has every key.',
    )
    .addHelpText('after', '\nExamples:\n  berth session validate -f sessions.toml')
  group
    .command('validate')
    .summary('check a manifest; starts nothing')
    .description(
      'Prints a line for each session, or every mistake with its line and the number of its session. It reads the files that the manifest names, but no key, starts nothing and asks no engine. The exit code is 0 if everything is valid, else 2.',
    )
    .requiredOption('-f, --file <path>', 'the manifest; its name ends in .toml, .yaml, .yml or .json')
    .option('--json', 'print {file,name,valid,errors,sessions}')
    .addHelpText(
      'after',
      '\nExamples:\n  berth session validate -f sessions.toml\n  berth session validate -f sessions.yaml --json',
    )
    .action((options: Options) =>
      act(context, options.json ?? false, async () =>
        (await import('../actions/session-validate.ts')).sessionValidateAction(
          context,
          options.file,
          options.json ?? false,
        ),
      ),
    )
}
