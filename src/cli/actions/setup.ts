import { join } from 'node:path'
import { BerthError } from '../../domain/errors.ts'
import type { InstallOptions } from '../../install/install.ts'
import { setUp } from '../../install/set-up.ts'
import { spawn } from '../../std/spawn.ts'
import type { Context } from '../context.ts'
import { installation } from '../installation.ts'

export type SetupOptions = {
  readonly engine?: readonly string[]
  readonly installEngine?: string | true
  readonly json?: boolean
}

const INSTALL_MS = 1_800_000

const hasApt = async (env: InstallOptions['env']): Promise<boolean> =>
  (await spawn('apt-get', ['--version'], { env, limitMs: 10_000 })).code === 0

/** Installs an engine with apt and starts it: the same script that `make setup` reads. */
const installEngine = async (context: Context, name: string, { root, env }: InstallOptions): Promise<void> => {
  if (name !== 'docker' && name !== 'podman')
    throw new BerthError('usage', `--install-engine ${name}: write docker or podman`)
  const hint = 'Install Docker or Podman as your system does it, then run `berth setup`.'
  if (context.uid !== 0) throw new BerthError('usage', '--install-engine: only root can install an engine', { hint })
  if (!(await hasApt(env)))
    throw new BerthError('usage', '--install-engine: this is no Debian, apt-get is missing', { hint })
  const { code } = await spawn('bash', [join(root, 'scripts/install-engine.sh'), name], {
    env,
    limitMs: INSTALL_MS,
    onStderr: (text) => void context.stderr.write(text),
  })
  if (code !== 0)
    throw new BerthError('engine-missing', `--install-engine: ${name} was not installed; the lines above say why`, {
      hint,
    })
}

export const setupAction = async (context: Context, options: SetupOptions): Promise<number> => {
  const { options: install } = installation(context)
  if (options.installEngine !== undefined)
    await installEngine(context, options.installEngine === true ? 'docker' : options.installEngine, install)
  const { engines, image, toolbox } = await setUp(options.engine ?? [], install)
  if (options.json) {
    const { path, manifest } = toolbox
    const { hash, node, git, npm, agents } = manifest
    context.stdout.write(`${JSON.stringify({ engines, image, toolbox: { path, hash, node, git, npm, agents } })}\n`)
  } else {
    const agents = Object.entries(toolbox.manifest.agents).map(([name, version]) => `${name} ${version}`)
    const lines = [`engines: ${engines.join(', ')}`, `image: ${image}`, `toolbox: ${toolbox.path}`]
    context.stdout.write(`${[...lines, `agents: ${agents.join(', ')}`].join('\n')}\n`)
  }
  return 0
}
