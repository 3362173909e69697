import type { Command } from 'commander'
import type { ConfigOptions } from '../actions/config-explain.ts'
import { act, type Register } from '../command.ts'
import type { Context } from '../context.ts'

type Json = { readonly json?: boolean }

/** What selects the layers that are looked at. */
const addSelection = (command: Command): Command =>
  command
    .option('-a, --agent <name>', 'as for a task of this agent')
    .option('--preset <name>', 'use this preset of the config file')
    .option('--profile <name>', 'use this profile of the config file')

const addShow = (group: Command, context: Context): void => {
  addSelection(group.command('show').alias('list'))
    .summary('show the settings in force')
    .option('--origin', 'print where each setting comes from')
    .option('--json', 'print {KEY:{value,origin}}')
    .addHelpText('after', '\nExamples:\n  berth config show --origin\n  berth config show --origin --json | jq .engine')
    .action((options: ConfigOptions & { origin?: boolean }) =>
      act(context, options.json ?? false, async () =>
        (await import('../actions/config.ts')).configAction(context, options),
      ),
    )
}

const addOneKey = (group: Command, context: Context): void => {
  addSelection(group.command('explain <key>'))
    .summary('show what each place says of a setting, and which one won')
    .option('--json', 'print {key,value,origin,layers}')
    .addHelpText('after', '\nExamples:\n  berth config explain model --agent claude\n  berth config explain env --json')
    .action((key: string, options: ConfigOptions) =>
      act(context, options.json ?? false, async () =>
        (await import('../actions/config-explain.ts')).explainAction(context, key, options),
      ),
    )
  addSelection(group.command('get <key>'))
    .summary('print the value of a setting')
    .option('--json', 'print {key,value,origin}')
    .addHelpText('after', '\nExamples:\n  berth config get engine\n  berth config get presets.review.image')
    .action((key: string, options: ConfigOptions) =>
      act(context, options.json ?? false, async () =>
        (await import('../actions/config-explain.ts')).getAction(context, key, options),
      ),
    )
  group
    .command('set <key> <value...>')
    .summary('set a setting in the config file')
    .description(
      'Changes one line of the config file and keeps its comments. KEY may name a key of a table, such as env.CI or presets.review.image. A list takes several values. A wrong value changes nothing.',
    )
    .option('--json', 'print {key,value,file}')
    .addHelpText(
      'after',
      '\nExamples:\n  berth config set memory 4g\n  berth config set presets.review.image debian:13\n  berth config set volume /srv/a:/a:ro /srv/b:/b',
    )
    .action((key: string, values: string[], options: Json) =>
      act(context, options.json ?? false, async () =>
        (await import('../actions/config-set.ts')).setAction(context, key, values, options),
      ),
    )
  group
    .command('unset <key>')
    .summary('remove a setting from the config file')
    .description(
      'Removes one key and its value from the config file, and keeps all other lines. KEY may name a key of a table, such as env.CI or presets.review.image.',
    )
    .option('--json', 'print {key,removed,file}')
    .addHelpText('after', '\nExamples:\n  berth config unset memory\n  berth config unset presets.review.image')
    .action((key: string, options: Json) =>
      act(context, options.json ?? false, async () =>
        (await import('../actions/config-set.ts')).unsetAction(context, key, options),
      ),
    )
}

const addFile = (group: Command, context: Context): void => {
  group
    .command('path')
    .summary('print where the config file is')
    .option('--json', 'print {path,exists}')
    .action((options: Json) =>
      act(context, options.json ?? false, async () =>
        (await import('../actions/config-file.ts')).pathAction(context, options.json ?? false),
      ),
    )
  group
    .command('edit')
    .summary('open the config file in $VISUAL or $EDITOR, then check it')
    .option('--json', 'print {file,valid,errors} at the end')
    .action((options: Json) =>
      act(context, options.json ?? false, async () =>
        (await import('../actions/config-file.ts')).editAction(context, options.json ?? false),
      ),
    )
  group
    .command('validate [file]')
    .summary('check a config file, or a request as JSON')
    .description(
      'Checks the config file in force, another one, or a request as JSON ({"prompt":"...","settings":{...}}; - for stdin). It reads no key, starts nothing and asks no engine. The exit code is 0 if everything is valid, else 2.',
    )
    .option('--json', 'print {file,valid,errors}')
    .addHelpText(
      'after',
      '\nExamples:\n  berth config validate\n  echo \'{"prompt":"x","settings":{"agent":"claude"}}\' | berth config validate - --json',
    )
    .action((file: string | undefined, options: Json) =>
      act(context, options.json ?? false, async () =>
        (await import('../actions/config-validate.ts')).validateAction(context, file, options.json ?? false),
      ),
    )
  group
    .command('schema')
    .summary('print the JSON Schema of the config file')
    .option('--json', 'the schema is JSON in any case')
    .addHelpText('after', '\nExamples:\n  berth config schema > berth.schema.json')
    .action((options: Json) =>
      act(context, options.json ?? false, async () =>
        (await import('../actions/config-file.ts')).schemaAction(context),
      ),
    )
}

const addInit = (group: Command, context: Context): void => {
  group
    .command('init')
    .summary('write a first config file')
    .description(
      'Writes a config file with the settings of the flags. On a terminal without flags, it asks for them. It never overwrites a file.',
    )
    .option('-a, --agent <name>', 'the agent of all tasks')
    .option('-m, --model <name>', 'the model of that agent')
    .option('--engine <engine>', 'docker, podman or an address')
    .option('--image <image>', 'the image of all tasks')
    .option('--memory <size>', 'the memory limit of each task')
    .option('--push <choice>', 'runner, or none to push nothing')
    .option('--json', 'print {path}, and ask nothing')
    .addHelpText('after', '\nExamples:\n  berth config init\n  berth config init --agent claude --engine podman')
    .action((options: Readonly<Record<string, string>> & Json) =>
      act(context, options.json ?? false, async () =>
        (await import('../actions/config-init.ts')).initAction(context, options),
      ),
    )
}

export const config: Register = (program, context) => {
  const group = program
    .command('config')
    .summary('show, check and change the configuration')
    .description(
      "Settings come from flags, then BERTH_* variables, the preset, the profile, the agent's table, the config file, and the defaults.",
    )
    .addHelpText('after', '\nExamples:\n  berth config show --origin\n  berth config explain memory')
  addShow(group, context)
  addOneKey(group, context)
  addFile(group, context)
  addInit(group, context)
}
