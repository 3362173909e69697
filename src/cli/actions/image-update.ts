import { modelKeys } from '../../app/wire.ts'
import { checkAgent } from '../../conformance/check-agent.ts'
import type { AgentCheck } from '../../conformance/judge-turn.ts'
import { callerEnv } from '../../domain/caller-context.ts'
import { BerthError, EXIT } from '../../domain/errors.ts'
import { AGENT_PACKAGES, isPackaged, type PackagedAgent } from '../../install/agent-packages.ts'
import { agentVersion, isNewer } from '../../install/agent-versions.ts'
import {
  agentsInForce,
  replaceVersions,
  type TrialFolders,
  type Update,
  type UpdateInput,
} from '../../install/update-agents.ts'
import { didYouMean } from '../../std/suggest.ts'
import { table } from '../../std/table.ts'
import type { Context } from '../context.ts'
import { installation } from '../installation.ts'
import { interruptSignal } from '../interrupt-signal.ts'

export type ImageUpdateOptions = {
  readonly check?: boolean
  readonly undo?: boolean
  readonly engine?: string
  readonly json?: boolean
}

type InForce = Awaited<ReturnType<typeof agentsInForce>>
type Asked = { readonly agents: readonly PackagedAgent[]; readonly version: string | undefined }

const versionOf = ({ built, override }: InForce, agent: PackagedAgent): string => override[agent] ?? built[agent] ?? ''

/** AGENT[@VERSION]; without it each agent of the toolbox. */
const askedFor = (text: string | undefined, { built }: InForce): Asked => {
  const known = (Object.keys(AGENT_PACKAGES) as PackagedAgent[]).filter((agent) => built[agent] !== undefined)
  if (text === undefined) return { agents: known, version: undefined }
  const [agent = '', version] = text.split(/@(.*)/s)
  if (isPackaged(agent) && known.includes(agent)) return { agents: [agent], version }
  throw new BerthError('unknown-provider', `${agent}: the toolbox has no such agent${didYouMean(agent, known)}`, {
    hint: `Name one of ${known.join(', ')}.`,
  })
}

const told = ({ agent, from, to, ok, checks }: Update): readonly string[] => [
  ok ? `${agent} ${from} -> ${to}` : `${agent} ${to} failed its checks, ${agent} ${from} stays`,
  ...checks.map((check) => `  ${check.ok ? 'ok' : 'FAILED'}: ${check.name}: ${check.detail}`),
]

type Change = { readonly agent: PackagedAgent; readonly to: string; readonly signal: AbortSignal }

const update = async (context: Context, input: UpdateInput, { agent, to, signal }: Change): Promise<Update> => {
  const inForce = await agentsInForce(input)
  const { options, engine } = input
  const key = modelKeys.find((one) => one.agent === agent)?.variable ?? null
  let checks: readonly AgentCheck[] = []
  const accept = async (folders: TrialFolders) => {
    options.progress(`checking ${agent} ${to}: a turn in a sandbox, with a scripted model`)
    const env = callerEnv(context.env)
    checks = await checkAgent({ agent, version: to, key, ...folders, root: options.root, engine, env, signal })
    signal.throwIfAborted()
    return checks.every((check) => check.ok)
  }
  const ok = await replaceVersions(input, { ...inForce.override, [agent]: to }, accept).catch((error: unknown) => {
    signal.throwIfAborted()
    if (!(error instanceof BerthError) || error.code !== 'agent-missing') throw error
    checks = [{ name: 'package', ok: false, detail: error.message }]
    return false
  })
  return { agent, from: versionOf(inForce, agent), to, ok, checks }
}

/** Each agent with the version in force, that of the build, and the newest one of the registry. */
const compare = async (input: UpdateInput, { agents, version = 'latest' }: Asked) => {
  const inForce = await agentsInForce(input)
  return await Promise.all(
    agents.map(async (agent) => ({
      agent,
      version: versionOf(inForce, agent),
      built: inForce.built[agent] ?? '',
      newest: await agentVersion(agent, version, input.options),
    })),
  )
}

const undo = async (input: UpdateInput, { agents }: Asked) => {
  const { override, built } = await agentsInForce(input)
  const back = agents.filter((agent) => override[agent] !== undefined)
  if (back.length === 0)
    throw new BerthError('not-allowed', `${agents.join(', ')}: no other version than Berth's own is in use`, {
      hint: 'List the versions with `berth image update --check`.',
    })
  const left = Object.fromEntries(Object.entries(override).filter(([agent]) => !back.some((one) => one === agent)))
  await replaceVersions(input, left, async () => true)
  return back.map((agent) => ({ agent, from: override[agent] ?? '', to: built[agent] ?? '', ok: true, checks: [] }))
}

/** Other versions of the agent CLIs in the toolbox of this installation. Exit code 1 if one fails its checks. */
export const imageUpdateAction = async (
  context: Context,
  text: string | undefined,
  { check = false, undo: back = false, engine, json = false }: ImageUpdateOptions,
): Promise<number> => {
  const { options: ofInstall, stamp } = installation(context)
  const signal = interruptSignal('the update was interrupted', 'Run the command again: what was in use stays in use.')
  const options = { ...ofInstall, signal }
  if (back && check) throw new BerthError('usage', '--undo and --check: give one of them')
  const input: UpdateInput = { own: stamp?.toolbox ?? '', engine, options }
  const asked = askedFor(text, await agentsInForce(input))
  if (back && asked.version !== undefined)
    throw new BerthError('usage', `--undo ${text}: goes back to Berth's own version, so name the agent alone`)
  const print = (value: object, lines: readonly string[]) =>
    context.stdout.write(json ? `${JSON.stringify(value)}\n` : lines.map((line) => `${line}\n`).join(''))
  if (check) {
    const agents = await compare(input, asked)
    const columns = [{ title: 'AGENT' }, { title: 'VERSION' }, { title: 'OF BERTH' }, { title: 'NEWEST' }]
    const rows = agents.map(({ agent, version, built, newest }) => [agent, version, built, newest])
    print({ agents }, table(columns, rows))
    return EXIT.done
  }
  const updates: Update[] = []
  if (back) updates.push(...(await undo(input, asked)))
  else {
    const wanted = (await compare(input, asked)).filter(({ version, newest }) =>
      text === undefined ? isNewer(newest, version) : newest !== version,
    )
    for (const { agent, newest } of wanted) updates.push(await update(context, input, { agent, to: newest, signal }))
  }
  print({ updates }, updates.length === 0 ? ['nothing to change'] : updates.flatMap(told))
  return updates.every(({ ok }) => ok) ? EXIT.done : EXIT.failed
}
