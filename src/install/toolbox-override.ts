import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { writeFileDurably } from '../std/write-file-durably.ts'
import { mkdirOpen } from './into-place.ts'

/** Other versions of agent CLIs than those that this build of Berth brings, and the toolbox that has them. */
export type ToolboxOverride = {
  /** Hash of the toolbox that is used in place of the build's own. */
  readonly toolbox: string
  /** The versions that differ, by agent. */
  readonly agents: Readonly<Record<string, string>>
}

const FILE = 'overrides.json'

/** Beside the toolboxes. */
const overrideFile = (install: string): string => join(install, 'toolbox', FILE)

export const isOverrideFile = (name: string): boolean => name === FILE

type Overrides = Readonly<Record<string, ToolboxOverride>>

const isOverride = (value: unknown): value is ToolboxOverride => {
  const { toolbox, agents } = (value ?? {}) as Partial<Record<keyof ToolboxOverride, unknown>>
  return typeof toolbox === 'string' && /^[0-9a-f]{12}$/.test(toolbox) && typeof agents === 'object' && agents !== null
}

/** By the hash of the toolbox that each stands in for. A damaged file counts as none: the build's own versions are used. */
export const readOverrides = async (install: string): Promise<Overrides> => {
  try {
    const parsed: unknown = JSON.parse(await readFile(overrideFile(install), 'utf8'))
    return Object.fromEntries(
      Object.entries((parsed ?? {}) as object).filter((entry): entry is [string, ToolboxOverride] =>
        isOverride(entry[1]),
      ),
    )
  } catch {
    return {}
  }
}

/** Replaces the override of one toolbox; undefined removes it. */
export const writeOverride = async (
  install: string,
  own: string,
  override: ToolboxOverride | undefined,
): Promise<void> => {
  const { [own]: _before, ...others } = await readOverrides(install)
  const next = override === undefined ? others : { ...others, [own]: override }
  if (Object.keys(next).length === 0) {
    await rm(overrideFile(install), { force: true })
    return
  }
  await mkdirOpen(join(install, 'toolbox'))
  await writeFileDurably(overrideFile(install), `${JSON.stringify(next, null, 2)}\n`, { mode: 0o644 })
}
