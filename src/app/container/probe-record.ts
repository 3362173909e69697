import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { EngineKind } from '../../domain/engine-kind.ts'
import type { Engine } from '../../engines/engine.ts'
import { writeFileDurably } from '../../std/write-file-durably.ts'
import type { Deps } from '../deps.ts'

type ProbeRecord = { readonly kind: EngineKind; readonly endpoint: string }

const PREFIX = 'berth-probe-'
const pathOf = (state: string, name: string) => join(state, `${name}.json`)

/**
 * A name for a container that belongs to no task. What stands in the state folder under it tells the next supervisor on
 * which engine it is, until it is removed.
 */
export const recordProbe = async (state: string, { kind, endpoint }: ProbeRecord): Promise<string> => {
  const name = `${PREFIX}${crypto.randomUUID().slice(0, 8)}`
  await writeFileDurably(pathOf(state, name), JSON.stringify({ kind, endpoint }))
  return name
}

/** Removes the container, then what is known of it. Idempotent. */
export const removeProbe = async (state: string, engine: Engine, name: string): Promise<void> => {
  await engine.remove(name)
  await rm(pathOf(state, name), { force: true })
}

/** The name of the container that a file of the state folder tells of. */
export const probeOf = (file: string): string | undefined =>
  file.startsWith(PREFIX) && file.endsWith('.json') ? file.slice(0, -'.json'.length) : undefined

/** Removes one that a killed supervisor left. */
export const removeLeftProbe = async (deps: Pick<Deps, 'engines' | 'installation'>, name: string): Promise<void> => {
  const { state } = deps.installation.folders
  const { kind, endpoint } = JSON.parse(await readFile(pathOf(state, name), 'utf8')) as ProbeRecord
  await removeProbe(state, deps.engines.at(kind, endpoint), name)
}
