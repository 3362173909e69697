import { act, type Register } from '../command.ts'

export const imageUpdate: Register = (group, context) => {
  group
    .command('update')
    .argument('[agent[@version]]', 'an agent CLI (default: each one of the toolbox), at a version (default: latest)')
    .summary('take another version of an agent CLI into the toolbox')
    .description(
      'Fetches another version of an agent CLI from npm and checks it: the CLI runs a turn in a sandbox without a network, with a scripted model. If it passes, new tasks use it; tasks under way keep theirs. If not, the version in use stays, and the exit code is 1.',
    )
    .option('--check', 'show the versions that npm has, without changing anything')
    .option('--undo', "go back to Berth's own version")
    .option('--engine <engine>', 'check it on this engine: docker, podman or the address of its socket')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  berth image update --check\n  berth image update gemini\n  berth image update codex@0.170.0\n  berth image update --undo codex',
    )
    .action(
      (agent: string | undefined, options: { check?: boolean; undo?: boolean; engine?: string; json?: boolean }) =>
        act(context, options.json ?? false, async () =>
          (await import('../actions/image-update.ts')).imageUpdateAction(context, agent, options),
        ),
    )
}
