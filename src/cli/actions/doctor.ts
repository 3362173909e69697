import { accessSync, constants, existsSync, readdirSync, statfsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { damaged, loginNames, modelKeys, probe } from '../../app/wire.ts'
import { client } from '../../client/client.ts'
import { readConfigFile } from '../../config/config-file.ts'
import { mergeConfig } from '../../config/load-config.ts'
import { isTrash } from '../../domain/task-paths.ts'
import { imageName } from '../../install/image-name.ts'
import { errorMessage } from '../../std/error-message.ts'
import { spawn } from '../../std/spawn.ts'
import type { Check } from '../check.ts'
import type { Context } from '../context.ts'
import { githubCheck } from '../github-check.ts'
import { githubMistakes } from '../github-mistakes.ts'
import { inotifyCheck, sharedUserCheck } from '../inotify-check.ts'
import { installation } from '../installation.ts'
import { queueCheck } from '../queue-check.ts'
import { sandboxCheck } from '../sandbox-check.ts'
import { seccompCheck } from '../seccomp-check.ts'
import { terminalStyle } from '../terminal.ts'
import { unknownVariables } from '../unknown-variables.ts'
import { workspaceCheck } from '../workspace-check.ts'

const LOW_BYTES = 2 * 1024 ** 3

const nearest = (path: string): string => (existsSync(path) ? path : nearest(dirname(path)))

const folderCheck = ({ paths }: Context): Check => {
  const folder = nearest(paths.state)
  try {
    accessSync(folder, constants.W_OK)
    const { bavail, bsize } = statfsSync(folder)
    const free = bavail * bsize
    const detail = `${paths.state}, ${Math.round(free / 1024 ** 3)} GiB free`
    return {
      name: 'state folder',
      ok: free > LOW_BYTES,
      detail,
      fix: free > LOW_BYTES ? null : 'Free some disk space: a task needs room for its workspace.',
    }
  } catch {
    return {
      name: 'state folder',
      ok: false,
      detail: `${paths.state}: cannot write there`,
      fix: 'Make it writable, or name another folder with BERTH_HOME.',
    }
  }
}

const gitCheck = async ({ env }: Context): Promise<Check> => {
  const { code, stdout } = await spawn('git', ['--version'], { env: { PATH: env['PATH'] ?? '' }, limitMs: 5000 })
  return code === 0
    ? { name: 'git', ok: true, detail: stdout.toString().trim(), fix: null }
    : { name: 'git', ok: false, detail: 'git is not installed', fix: 'Install git (apt-get install git).' }
}

const toolboxCheck = async (context: Context): Promise<Check> => {
  const found = await installation(context).toolbox()
  if (found === undefined) return { name: 'toolbox', ok: false, detail: 'not installed', fix: 'Run `berth setup`.' }
  const agents = Object.entries(found.manifest.agents).map(([name, version]) => `${name} ${version}`)
  return { name: 'toolbox', ok: true, detail: `${found.path}: ${agents.join(', ')}`, fix: null }
}

/** Every mistake of the file and of the variables, not the first alone. */
const configCheck = ({ env, paths }: Context): Check => {
  const mistakes: string[] = []
  const keep = (error: unknown) => void mistakes.push(errorMessage(error))
  try {
    const config = mergeConfig({}, env, readConfigFile(paths.configFile, keep))
    for (const mistake of githubMistakes(config)) keep(mistake)
  } catch (error) {
    keep(error)
  }
  mistakes.push(...unknownVariables(env))
  const there = existsSync(paths.configFile) ? paths.configFile : 'no config file'
  return mistakes.length === 0
    ? { name: 'configuration', ok: true, detail: there, fix: null }
    : {
        name: 'configuration',
        ok: false,
        detail: mistakes.join('\n    '),
        fix: 'Correct the named lines and variables. `berth config show --origin` lists the settings in force.',
      }
}

const keyCheck = ({ env, paths }: Context): Check => {
  const shown = modelKeys.map(({ agent, variable }) => {
    return `${variable} (${agent}) is ${env[variable] ? 'set' : 'not set'}`
  })
  const logins = loginNames(paths.state)
  const some = logins.length > 0 || modelKeys.some(({ variable }) => env[variable])
  return {
    name: 'keys of models',
    ok: some,
    detail: [...shown, ...(logins.length === 0 ? [] : [`logins: ${logins.join(', ')}`])].join(', '),
    fix: some
      ? null
      : 'Export the key of the agent you use, log in with `berth auth login AGENT`, or give --base-url for a model that needs no key.',
  }
}

const journalCheck = ({ paths }: Context): Check => {
  const broken = damaged(paths.state)
  if (broken.length === 0) return { name: 'journals', ok: true, detail: 'Berth can read all of them', fix: null }
  return {
    name: 'journals',
    ok: false,
    detail: broken.map(({ id, error }) => `${id}: ${error}`).join('\n    '),
    fix: 'No other task is affected. Move the named file away to look at it, or remove the task with `berth rm --force`.',
  }
}

/** Removed tasks whose files could not be deleted; nothing to tell where there are none. */
const trashCheck = ({ paths: { state } }: Context): readonly Check[] => {
  const left = existsSync(state) ? readdirSync(state).filter(isTrash) : []
  if (left.length === 0) return []
  return [
    {
      name: 'trash',
      ok: false,
      detail: left.map((name) => join(state, name)).join('\n    '),
      fix: '`berth prune` tries to delete it and prints the obstacle. If it cannot, root can, with `rm -rf`.',
    },
  ]
}

/** Makes the database again from the journals. */
export const rebuildAction = async (context: Context, json: boolean): Promise<number> => {
  const answer = await client(context).ask('rebuild', {})
  if (json) context.stdout.write(`${JSON.stringify(answer)}\n`)
  else {
    const broken = answer.damaged.map(({ id, error }) => `${id}: ${error}\n`).join('')
    context.stdout.write(`rebuilt the database from the journals: ${answer.made} tasks\n${broken}`)
  }
  return answer.damaged.length === 0 ? 0 : 1
}

/** Everything a task needs, looked at without making or starting anything. */
export const doctorAction = async (context: Context, json: boolean): Promise<number> => {
  const { stamp } = installation(context)
  const [engines, toolbox, git, github, status] = await Promise.all([
    probe({ env: context.env, uid: context.uid, image: imageName(stamp?.image ?? 'latest') }),
    toolboxCheck(context),
    gitCheck(context),
    githubCheck(context),
    client(context).peek(),
  ])
  const usable = engines.filter((engine) => engine.ok)
  const image = usable.filter((engine) => engine.image)
  const needed: readonly Check[] = [
    {
      name: 'engine',
      ok: usable.length > 0,
      detail: usable.map((e) => `${e.kind} ${e.version} at ${e.endpoint}`).join('\n    ') || 'no engine answers',
      fix: usable.length > 0 ? null : (engines.find((e) => e.fix !== null)?.fix ?? 'Install Docker or Podman.'),
    },
    {
      name: 'agent image',
      ok: image.length > 0,
      detail:
        image.length > 0 ? `${imageName(stamp?.image ?? '')} in ${image.map((e) => e.kind).join(', ')}` : 'not built',
      fix: image.length > 0 ? null : 'Run `berth setup`.',
    },
    toolbox,
    git,
    folderCheck(context),
    ...workspaceCheck(context),
    configCheck(context),
    ...github.needed,
    journalCheck(context),
  ]
  // A task may be run without these.
  const waiting = status?.pool?.waiting ?? 0
  const checks = [
    ...needed,
    keyCheck(context),
    ...queueCheck(context),
    ...sandboxCheck(context, { waiting, available: process.availableMemory() }),
    ...github.unsafe,
    ...seccompCheck(usable),
    ...inotifyCheck(usable),
    ...trashCheck(context),
    ...sharedUserCheck(usable),
  ]
  const supervisor =
    status === undefined
      ? { pid: null }
      : {
          pid: status.pid,
          build: status.build,
          running: status.running,
          startedAt: status.startedAt,
          pool: status.pool,
        }
  if (json) context.stdout.write(`${JSON.stringify({ supervisor, engines, checks })}\n`)
  else {
    const style = terminalStyle(context)
    const line = ({ ok, name, detail, fix }: Check) =>
      `${ok ? style('green', 'ok') : style('red', 'no')}  ${name}: ${detail}${fix === null ? '' : `\n    ${fix}`}`
    const rest = engines.filter((engine) => !engine.ok).map((e) => `    ${e.kind} at ${e.endpoint}: ${e.error}`)
    context.stdout.write(
      `${[...checks.map(line), ...rest, `    supervisor: ${supervisor.pid === null ? 'not running; it starts when needed' : `pid ${supervisor.pid}`}`].join('\n')}\n`,
    )
  }
  return needed.every((check) => check.ok) ? 0 : 1
}
