import type { SetupOptions } from '../actions/setup.ts'
import { collect } from '../collect.ts'
import { act, type Register } from '../command.ts'

export const setup: Register = (program, context) => {
  program
    .command('setup')
    .summary('make this machine ready: image and toolbox')
    .description(
      'Finds the engines, builds the agent image in each of them, and fetches the toolbox with the agent CLIs. It asks nothing and makes only what is missing. If it fails, run it again: it keeps what is done.',
    )
    .option(
      '--engine <engine>',
      'set up this engine alone: docker, podman, or an endpoint like podman=unix:///run/podman/podman.sock (repeatable)',
      collect,
    )
    .option(
      '--install-engine [engine]',
      'as root on Debian, install docker or podman with apt first, and start it (default: docker)',
    )
    .option('--json', 'print {"engines":[...],"image":...,"toolbox":{...}}')
    .addHelpText(
      'after',
      '\nExamples:\n  berth setup\n  sudo berth setup --install-engine\n  berth setup --engine podman --json | jq -r .toolbox.path',
    )
    .action((options: SetupOptions) =>
      act(context, options.json ?? false, async () =>
        (await import('../actions/setup.ts')).setupAction(context, options),
      ),
    )
}
