import type { ImageBuildOptions, OnEngines } from '../actions/image.ts'
import { act, type Register } from '../command.ts'
import { imageUpdate } from './image-update.ts'

const each = (value: string, all: readonly string[] = []): readonly string[] => [...all, value]

const ENGINE =
  'build for this engine: docker, podman, or an endpoint like podman=unix:///run/podman/podman.sock (repeatable)'

const build: Register = (group, context) => {
  group
    .command('build')
    .argument('[kinds...]', 'base, agent, worker or nested (default: the agent image and the toolbox)')
    .summary('build images of the family, and the toolbox, if they are missing')
    .option('--agent <name>', 'a worker image with the CLI of this agent alone: codex, claude, gemini or opencode')
    .option('--tag <tag>', 'give the images this tag too (repeatable)', each)
    .option('--engine <engine>', ENGINE, each)
    .option('--json', 'print {"toolbox":PATH,"images":[...]} at the end')
    .addHelpText(
      'after',
      '\nExamples:\n  berth image build worker nested\n  berth image build worker --agent codex --engine docker',
    )
    .action((kinds: string[], options: ImageBuildOptions) =>
      act(context, options.json ?? false, async () =>
        (await import('../actions/image.ts')).imageBuildAction(context, kinds, options),
      ),
    )
}

const ls: Register = (group, context) => {
  group
    .command('ls')
    .summary('list the images of Berth on every engine that answers')
    .option('--json', 'print JSON')
    .action((options: { json?: boolean }) =>
      act(context, options.json ?? false, async () =>
        (await import('../actions/image.ts')).imageLsAction(context, options.json ?? false),
      ),
    )
}

const push: Register = (group, context) => {
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

const verify: Register = (group, context) => {
  group
    .command('verify')
    .argument('<image>', 'the name of an image, such as berth-worker:latest')
    .summary('check in a container that an image does its work')
    .description(
      'Starts a container of the image, without a network. In it Berth checks the version of each agent CLI, makes a commit with git, and builds and tests a small project in C, Python, Node and Go. The exit code is 1 if a check fails.',
    )
    .option('--engine <engine>', 'look for the image in this engine alone (repeatable)', each)
    .option('--json', 'print {"ref":...,"ok":...,"checks":[...]}')
    .action((ref: string, options: OnEngines) =>
      act(context, options.json ?? false, async () =>
        (await import('../actions/image.ts')).imageVerifyAction(context, ref, options),
      ),
    )
}

const rm: Register = (group, context) => {
  group
    .command('rm')
    .argument('<images...>', 'the names or ids of images')
    .summary('remove images that no container uses')
    .description(
      'Removes these names from every engine that has them. The layers of an image go with its last name; an id means all names of that image. If one of the images is not there, is not an image of Berth, or is used by a container, Berth removes nothing.',
    )
    .option('--engine <engine>', 'remove them from this engine alone (repeatable)', each)
    .option('--json', 'print {"removed":[{"ref":...,"engine":...}]}')
    .action((refs: string[], options: OnEngines) =>
      act(context, options.json ?? false, async () =>
        (await import('../actions/image.ts')).imageRmAction(context, refs, options),
      ),
    )
}

export const image: Register = (program, context) => {
  const group = program
    .command('image')
    .summary('build, list, verify, push and remove the images of Berth, update the agent CLIs')
    .description(
      'Containers start from the agent image. Berth mounts the toolbox, a folder with Node and the agent CLIs, into every container. The worker image has the toolbox in it, and works without Berth.',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  berth image build\n  berth image build worker --agent codex --tag 1.4\n  berth image verify berth-worker:1.4\n  berth image ls\n  berth image push berth-agent:latest --to registry.example/team/agent:1',
    )
  for (const register of [build, ls, verify, push, rm, imageUpdate]) register(group, context)
}
