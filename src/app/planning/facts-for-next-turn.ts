import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { BerthError } from '../../domain/errors.ts'
import type { TaskRequest } from '../../domain/request.ts'
import type { TaskRecord } from '../../domain/task.ts'
import type { Engine } from '../../engines/engine.ts'
import type { CloneSource, Facts } from '../../plan/facts.ts'
import type { Plan, PlannedClone } from '../../plan/plan.ts'
import type { Provider } from '../../providers/provider.ts'
import { isFilled } from '../../std/mounted-folder.ts'
import type { Deps } from '../deps.ts'
import { namedLogin } from './choose-login.ts'
import { providerFor } from './choose-provider.ts'
import { forgeInside } from './forge-inside.ts'
import { hasGit } from './has-git.ts'
import { observeHost } from './observe-host.ts'

/** A repository as the first turn found it: a later turn goes on in its workspace and asks no remote. */
const cloneAgain = (
  { seen: _atTheStart, ...same }: PlannedClone,
  delivery: Plan['delivery'],
  base: string | null,
): CloneSource => ({
  ...same,
  sha: base ?? same.sha,
  mirrorExists: existsSync(join(same.mirror, 'HEAD')),
  uncommitted: [],
  ...(delivery.kind === 'push' && delivery.pr !== undefined && { pr: delivery.pr }),
})

const sourceOf = (before: Plan, base: string | null): Facts['source'] => {
  const { source } = before
  if (source.kind === 'none') return source
  if (source.kind === 'clone') return cloneAgain(source, before.delivery, base)
  const { kind, folder } = source
  if (kind === 'mount') return { kind, folder, hasGit: hasGit(folder), owner: before.container.user }
  return {
    kind,
    folder,
    hasGit: existsSync(join(folder, '.git')),
    ...(isFilled(before.folders.workspace) ? { copied: true } : {}),
  }
}

const furtherOf = ({ further }: Plan, parts: TaskRecord['further']): Pick<Facts, 'further'> =>
  further === undefined
    ? {}
    : {
        further: further.map(({ source, delivery }) => {
          const base = parts?.[source.folder]?.repository.base ?? null
          return { ...cloneAgain(source, delivery, base), folder: source.folder }
        }),
      }

/** Where a task has run it runs again: a container's engine and image, or this machine. */
const placeOf = async (input: {
  readonly deps: Pick<Deps, 'engines' | 'installation'>
  readonly before: Plan
  readonly provider: Provider
  readonly signal: AbortSignal
}): Promise<Pick<Facts, 'engine' | 'image' | 'toolbox' | 'host'>> => {
  const { deps, before, provider, signal } = input
  const { kind, endpoint } = before.engine
  const engine = deps.engines.at(kind, endpoint)
  if (before.isolation === 'host') {
    const env = before.order.run?.env ?? {}
    const placeholder = before.model?.placeholder ?? ''
    const [info, { host, cli }] = await Promise.all([
      engine.info(signal),
      observeHost({ deps, provider, env, placeholder, signal }),
    ])
    const toolbox = { path: '', hash: '', cli }
    return { engine: { kind, endpoint, info }, image: { reference: '', digest: null, path: null }, toolbox, host }
  }
  const [info, image, toolbox] = await Promise.all([
    engine.info(signal),
    engine.image(before.image.reference, signal),
    deps.installation.toolbox(),
  ])
  if (image === undefined)
    throw new BerthError('image-missing', `${kind} does not have the image ${before.image.reference} any more`)
  if (toolbox === undefined) throw new BerthError('toolbox-missing', 'the toolbox with the agent CLIs is not installed')
  return {
    engine: { kind, endpoint, info },
    image: {
      reference: before.image.reference,
      digest: image.digest ?? image.id,
      path: image.path,
      ...(before.container.mounts.some(({ role }) => role === 'temporary') ? { noTemporary: true as const } : {}),
    },
    toolbox: { path: toolbox.path, hash: toolbox.hash, cli: toolbox.versions[provider.id] ?? null },
    host: null,
  }
}

/** A task keeps to its key, or to its login; that may be of another service by now. */
const keyFacts = async (
  {
    deps,
    before,
    model,
  }: { readonly deps: Pick<Deps, 'config' | 'logins'>; readonly before: Plan; readonly model: string | undefined },
  provider: Provider,
): Promise<Pick<Facts, 'key' | 'login'>> => {
  if (before.login !== undefined) {
    const request = { credentials: {}, model }
    return (await namedLogin({ deps, request, provider }, before.login.name)).facts
  }
  return { key: before.model?.key == null ? null : { reference: before.model.key, present: true } }
}

/** A task keeps the profiles and the zone that it began with, whatever became of their files. */
const hardeningOf = ({ container, zoneFile }: Plan): NonNullable<Facts['hardening']> => {
  const { ownSeccomp, apparmor } = container
  return {
    // The first turn has warned of an open one.
    ...(ownSeccomp && { seccomp: { ...ownSeccomp, open: false } }),
    ...(apparmor !== undefined && { apparmor }),
    ...(zoneFile !== undefined && { zoneFile }),
  }
}

/** A task keeps its workspace where it was. */
const workOf = ({ folders: { task, workspace, named } }: Plan): Pick<Facts['folders'], 'work' | 'named'> =>
  named === undefined ? { work: dirname(workspace) } : { work: task, named: { path: workspace, reused: named.reused } }

/** What a further turn is planned from: what the task is by its last plan, and what is there now. */
export const factsForNextTurn = async (input: {
  readonly deps: Pick<Deps, 'config' | 'engines' | 'forges' | 'installation' | 'logins'>
  readonly before: Plan
  /** The model that the request names. */
  readonly model: string | undefined
  readonly gitCredentials: TaskRequest['gitCredentials']
  /** The agent's table, where it is one of the config file. */
  readonly command: TaskRequest['command']
  /** What the work stands on; a rebase has moved it. */
  readonly base: string | null
  /** The same for the repositories beside the main one. */
  readonly parts: TaskRecord['further']
  /** What the repository's own file denies; undefined where it is still to be read. */
  readonly denies: readonly string[] | undefined
  readonly signal: AbortSignal
}): Promise<{ readonly facts: Facts; readonly provider: Provider; readonly engine: Engine }> => {
  const { deps, before, command, base, parts, denies, signal } = input
  const provider = providerFor(deps, { agent: before.provider, command })
  const engine = deps.engines.at(before.engine.kind, before.engine.endpoint)
  const place = await placeOf({ deps, before, provider, signal })
  const source = sourceOf(before, base)
  const facts: Facts = {
    task: before.task,
    ...place,
    caller: before.owner === null ? before.container.user : { uid: 0, gid: 0 },
    identity: { ...before.order.identity, fallback: false },
    source,
    ...furtherOf(before, parts),
    // Its lock files and its wishes were said with the first turn.
    project: denies === undefined ? undefined : { locks: [], deny: denies, allow: [] },
    ...forgeInside(deps, input, source),
    folders: {
      task: before.folders.task,
      socket: before.folders.socket,
      ...workOf(before),
    },
    ...(await keyFacts(input, provider)),
    home: null,
    hardening: hardeningOf(before),
  }
  return { facts, provider, engine }
}
