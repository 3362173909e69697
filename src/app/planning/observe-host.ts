import { userInfo } from 'node:os'
import { dirname } from 'node:path'
import { BerthError } from '../../domain/errors.ts'
import type { HostFacts } from '../../plan/facts.ts'
import type { Provider } from '../../providers/provider.ts'
import { findProgram } from '../../std/find-program.ts'
import { spawn } from '../../std/spawn.ts'
import type { Deps, Toolbox } from '../deps.ts'

const USUAL_PATH = '/usr/local/bin:/usr/bin:/bin'
const LIMIT_MS = 10_000

/** Programs of toolboxes that have run here. A toolbox never changes, and some CLIs take a second to say their version. */
const running = new Set<string>()

type Cli = { readonly bin: string; readonly version: string | null; readonly notices: readonly string[] }

/** The words that a program of this machine prints; empty where it fails. */
const ask = async (program: string, args: readonly string[], path: string, signal: AbortSignal): Promise<string> => {
  const { code, stdout } = await spawn(program, args, { env: { PATH: path }, limitMs: LIMIT_MS, signal })
  return code === 0 ? stdout.toString().trim() : ''
}

/** The agent's CLI: the toolbox's, which is tested; else the caller's own, which is said. */
const cliOf = async (
  { binary, id, title }: Provider,
  toolbox: Toolbox | undefined,
  path: string,
  signal: AbortSignal,
): Promise<Cli | null> => {
  if (binary === null) return null
  const pinned = toolbox?.versions[id]
  const bin = `${toolbox?.path}/bin`
  // Some start from where the toolbox is in a container, and there alone.
  const program = `${bin}/${binary}`
  const runs =
    pinned !== undefined && (running.has(program) || (await ask(program, ['--version'], path, signal)) !== '')
  if (runs) running.add(program)
  if (runs) return { bin, version: pinned, notices: [] }
  const own = findProgram(path, binary)
  if (own === undefined)
    throw new BerthError(
      'agent-missing',
      `${title} is not installed here: no toolbox has one that runs outside a container, and \`${binary}\` is not on your PATH`,
      {
        hint: `Install ${title} (its CLI is \`${binary}\`), or run \`berth setup\` on a machine with an engine.`,
      },
    )
  const version = /\d+\.\d+[\w.-]*/.exec(await ask(own, ['--version'], path, signal))?.[0] ?? null
  const notices = [
    `the toolbox has no ${title} that runs outside a container: Berth uses ${own} from your PATH${version === null ? '' : `, version ${version}`}`,
  ]
  return { bin: dirname(own), version, notices }
}

/** What a task on this machine runs with; asks for no engine. `placeholder` is kept over the turns of a task. */
export const observeHost = async (input: {
  readonly deps: Pick<Deps, 'installation'>
  readonly provider: Provider
  readonly env: Readonly<Record<string, string>>
  readonly placeholder: string
  readonly signal: AbortSignal
}): Promise<{ readonly host: HostFacts; readonly cli: string | null; readonly notices: readonly string[] }> => {
  const { deps, provider, env, placeholder, signal } = input
  const path = env['PATH'] || USUAL_PATH
  const git = findProgram(path, 'git')
  if (git === undefined) throw new BerthError('git-missing', 'there is no git on your PATH')
  const toolbox = await deps.installation.toolbox()
  const [gitExec, cli] = await Promise.all([
    ask(git, ['--exec-path'], path, signal),
    cliOf(provider, toolbox, path, signal),
  ])
  if (gitExec === '') throw new BerthError('git-missing', `${git} --exec-path fails`)
  const init = toolbox === undefined ? undefined : findProgram(`${toolbox.path}/bin`, 'tini')
  return {
    host: {
      ...deps.installation.host,
      init: init ?? null,
      git,
      gitExec,
      bin: cli?.bin ?? dirname(deps.installation.host.node),
      path,
      user: env['USER'] ?? userInfo().username,
      lang: env['LANG'] ?? 'C.UTF-8',
      placeholder,
    },
    cli: cli?.version ?? null,
    notices: cli?.notices ?? [],
  }
}
