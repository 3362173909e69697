import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { AgentCheck } from '../conformance/judge-turn.ts'
import { BerthError } from '../domain/errors.ts'
import type { PackagedAgent } from './agent-packages.ts'
import { currentOverride } from './current-toolbox.ts'
import type { InstallOptions } from './install.ts'
import { mkdirOpen, UNFINISHED } from './into-place.ts'
import { locateToolbox } from './locate-toolbox.ts'
import { makeOverride, type Versions } from './make-override.ts'
import { type ToolboxOverride, writeOverride } from './toolbox-override.ts'

export type Update = {
  readonly agent: PackagedAgent
  readonly from: string
  readonly to: string
  readonly ok: boolean
  readonly checks: readonly AgentCheck[]
}

/** An installation that has the toolbox on trial, and an empty folder for the state of the trial. */
export type TrialFolders = { readonly install: string; readonly state: string }

export type UpdateInput = {
  /** Hash of the toolbox that this build of Berth brings. */
  readonly own: string
  /** As `--engine` names it; undefined: the engine of any task. */
  readonly engine: string | undefined
  readonly options: InstallOptions
}

/** What is in force: the versions of the build's own toolbox, and those that stand in for them. */
export const agentsInForce = async ({ own, options }: Omit<UpdateInput, 'engine'>) => {
  const toolbox = await locateToolbox(options.read, own)
  if (toolbox === undefined) throw new BerthError('toolbox-missing', 'the toolbox with the agent CLIs is not installed')
  const override = await currentOverride(options, own)
  const other: Versions = override?.override.agents ?? {}
  return { built: toolbox.manifest.agents, override: other, folder: override?.folder ?? null }
}

/** Into the installation, under its own name; a toolbox of that name is the same one. */
const install = async (made: ToolboxOverride, from: string, { own, options }: UpdateInput): Promise<void> => {
  const place = join(options.install, 'toolbox', made.toolbox)
  if (!existsSync(place)) await rename(join(from, 'toolbox', made.toolbox), place)
  await writeOverride(options.install, own, made)
}

/** The versions that are to be in force without those that the build has anyway. */
const differing = (versions: Versions, built: Readonly<Record<string, string>>): Versions =>
  Object.fromEntries(Object.entries(versions).filter(([agent, version]) => built[agent] !== version))

/**
 * Makes a toolbox with these versions and, after `accept` has tried it where it was made, lets new tasks mount it. A
 * toolbox that is not accepted is removed, and what was in force stays.
 */
export const replaceVersions = async (
  input: UpdateInput,
  versions: Versions,
  accept: (trial: TrialFolders) => Promise<boolean>,
): Promise<boolean> => {
  const { own, engine, options } = input
  const { built } = await agentsInForce(input)
  const agents = differing(versions, built)
  if (Object.keys(agents).length === 0) {
    await writeOverride(options.install, own, undefined)
    return true
  }
  const trial = join(options.install, 'toolbox', `${UNFINISHED}${process.pid}-${randomBytes(4).toString('hex')}`)
  const state = `${trial}-state`
  await mkdirOpen(trial)
  await mkdirOpen(state)
  try {
    const made = await makeOverride({ own, agents, engine, into: trial }, options)
    await writeOverride(trial, own, made)
    if (!(await accept({ install: trial, state }))) return false
    await install(made, trial, input)
    return true
  } finally {
    for (const folder of [trial, state]) await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}
