import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { Event } from '../domain/event.ts'
import { INSIDE } from '../domain/worker-protocol.ts'
import { spawn } from '../std/spawn.ts'
import { type AgentCheck, judgeTurn } from './judge-turn.ts'
import { scriptedModel } from './scripted-model.ts'

export type AgentTrial = {
  readonly agent: string
  readonly version: string
  /** Variable of the model's key. */
  readonly key: string | null
  /** The installation whose toolbox is tried. */
  readonly install: string
  /** A folder for the state of the trial, removed by the caller. */
  readonly state: string
  /** The package's root. */
  readonly root: string
  /** As `--engine` takes it; undefined: the engine of any task. */
  readonly engine: string | undefined
  readonly env: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}

const LIMIT_MS = 300_000
const PROMPT = 'Run the command that the model asks for.'

/** Settings of the caller's that would make another task of it; his proxy is not asked for a model on loopback. */
const trialEnv = ({ env, install, state, key }: AgentTrial): Readonly<Record<string, string>> => ({
  ...Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('BERTH_'))),
  ...(key === null ? {} : { [key]: randomUUID() }),
  BERTH_HOME: state,
  BERTH_INSTALL_DIR: install,
  NO_PROXY: '127.0.0.1',
  no_proxy: '127.0.0.1',
})

const eventsOf = (text: string): readonly Event[] =>
  text.split('\n').flatMap((line) => {
    try {
      return [JSON.parse(line) as Event]
    } catch {
      return []
    }
  })

/**
 * Runs one real turn of an agent CLI, as a task in a sandbox without a network, with a scripted model: the model asks for
 * a command, and the CLI has to run it and to tell all of that in a form that the parser understands.
 */
export const checkAgent = async (trial: AgentTrial): Promise<readonly AgentCheck[]> => {
  const { agent, version, engine, root, state, signal } = trial
  const program = join(root, 'bin', 'berth')
  await using model = await scriptedModel(`${INSIDE.toolbox}/bin/${agent} --version`)
  const env = trialEnv(trial)
  const run = (args: readonly string[]) =>
    spawn(program, args, { env, cwd: state, limitMs: LIMIT_MS, ...(signal === undefined ? {} : { signal }) })
  const where = engine === undefined ? [] : ['--engine', engine]
  const what = ['--agent', agent, '--no-repo', '--base-url', model.url, '--task-timeout', '4m', '--json']
  const ran = await run(['run', ...where, ...what, PROMPT])
  if (ran.code !== 0) await spawn(program, ['rm', '--force', '--all'], { env, cwd: state, limitMs: LIMIT_MS })
  return judgeTurn(eventsOf(ran.stdout.toString()), version, ran)
}
