import { act, type Register } from '../command.ts'

export const doctor: Register = (program, context) => {
  program
    .command('doctor')
    .summary('check engines, image, toolbox, git and folders')
    .description(
      'Checks everything that a task needs, and prints how to fix each missing part. It starts no task and no supervisor. The exit code is 0 if a task can run.',
    )
    .option('--rebuild', 'rebuild the database from the task journals, then exit')
    .option('--json', 'print checks, engines and the supervisor as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  berth doctor\n  berth doctor --json | jq -r ".checks[] | select(.ok|not) | .fix"',
    )
    .action((options: { json?: boolean; rebuild?: boolean }) =>
      act(context, options.json ?? false, async () => {
        const { doctorAction, rebuildAction } = await import('../actions/doctor.ts')
        return await (options.rebuild ? rebuildAction : doctorAction)(context, options.json ?? false)
      }),
    )
}

export const version: Register = (program, context) => {
  program
    .command('version')
    .summary('show the versions of Berth, its toolbox and the agent CLIs')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExamples:\n  berth version\n  berth version --json | jq -r .toolbox.agents.codex')
    .action((options: { json?: boolean }) =>
      act(context, options.json ?? false, async () =>
        (await import('../actions/version.ts')).versionAction(context, options.json ?? false),
      ),
    )
}

export const image: Register = (program, context) => {
  const group = program
    .command('image')
    .summary('build the agent image and the toolbox, list and push the images')
    .description(
      'Containers start from the agent image. Berth mounts the toolbox, a folder with Node and the agent CLIs, into every container.',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  berth image build\n  berth image build --engine podman\n  berth image ls\n  berth image push berth-agent:latest --to registry.example/team/agent:1',
    )
  group
    .command('build')
    .summary('build the agent image and the toolbox if they are missing')
    .option(
      '--engine <engine>',
      'build for this engine: docker, podman, or an endpoint like podman=unix:///run/podman/podman.sock (repeatable)',
      (value: string, all: string[] = []) => [...all, value],
    )
    .option('--json', 'print {"toolbox":PATH} at the end')
    .action((options: { engine?: string[]; json?: boolean }) =>
      act(context, options.json ?? false, async () =>
        (await import('../actions/image.ts')).imageBuildAction(context, options.engine ?? [], options.json ?? false),
      ),
    )
  group
    .command('ls')
    .summary('list the images of Berth on every engine that answers')
    .option('--json', 'print JSON')
    .action((options: { json?: boolean }) =>
      act(context, options.json ?? false, async () =>
        (await import('../actions/image.ts')).imageLsAction(context, options.json ?? false),
      ),
    )
  group
    .command('push')
    .argument('<image>', 'the image, as `berth image ls` names it')
    .summary('push an image to a registry')
    .description(
      'Pushes an image to a registry and prints the digest that the registry has. Berth uses your login of `docker login` or `podman login`. Layers that the registry has are not sent, so a push that broke off goes on where it was.',
    )
    .option('--to <image>', 'the name in the registry: REGISTRY/NAME[:TAG] (default: the name of the image itself)')
    .option('--engine <engine>', 'the engine that has the image: docker, podman or the address of its socket')
    .option('--json', 'print {"image","to","digest","reference","engine","layers":{"sent","there"}}')
    .addHelpText(
      'after',
      '\nExamples:\n  berth image push berth-agent:latest --to registry.example/team/agent:1\n  berth image push registry.example/team/agent:1 --json | jq -r .digest',
    )
    .action((name: string, options: { to?: string; engine?: string; json?: boolean }) =>
      act(context, options.json ?? false, async () =>
        (await import('../actions/image-push.ts')).imagePushAction(context, name, options),
      ),
    )
}
