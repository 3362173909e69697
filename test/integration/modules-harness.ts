import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { EventBody } from '../../src/domain/event.ts'
import type { WorkOrder } from '../../src/domain/worker-protocol.ts'
import { hostGit } from '../../src/git/host-git.ts'
import type { LaunchDeps } from '../../src/launch/deps.ts'
import { bringModules } from '../../src/launch/steps/modules.ts'
import { commitModules, type ModuleRow } from '../fixtures/remotes/commit-modules.ts'
import { git } from '../fixtures/remotes/git.ts'
import { commitFiles, makeBare } from '../fixtures/remotes/make-repository.ts'
import { type HttpRemote, startHttpRemote } from '../fixtures/remotes/start-http-remote.ts'
import { type Ended, makeBerth, runWorker, sh } from './worker-harness.ts'

type Brought = {
  /** Of what was left out. */
  readonly notices: readonly string[]
  readonly events: readonly EventBody[]
}

/** A task on a repository of a server that has others beside it. */
export const makeModules = async (options: { readonly allow?: (url: string) => void } = {}) => {
  const server: HttpRemote = await startHttpRemote()
  const berth = makeBerth({ 'README.md': '# Hello\n' })
  const work = `${berth.mirror}.work`
  const host = server.url.slice(0, server.url.lastIndexOf('/'))
  const client = hostGit(options)
  mkdirSync(berth.at('task/modules'), { recursive: true })
  return {
    berth,
    server,
    host,
    /** Another repository of the server, with these files and submodules; its commit. */
    other(name: string, files: Readonly<Record<string, string>>, modules: readonly ModuleRow[] = []): string {
      const bare = makeBare(join(server.bare, `../${name}.git`), files)
      if (modules.length > 0) {
        commitModules(`${bare}.work`, modules)
        git(`${bare}.work`, ['push', '--quiet', bare, 'main'])
      }
      return git(bare, ['rev-parse', 'main'])
    },
    /** Another commit there. */
    further(name: string, files: Readonly<Record<string, string>>): string {
      const bare = join(server.bare, `../${name}.git`)
      const sha = commitFiles(`${bare}.work`, files, 'further')
      git(`${bare}.work`, ['push', '--quiet', bare, 'main'])
      return sha
    },
    /** The task's repository names these. */
    commit(modules: readonly ModuleRow[]): string {
      const sha = commitModules(work, modules)
      git(work, ['push', '--quiet', berth.mirror, 'main'])
      return sha
    },
    /** The step of the launch. */
    async bring(sha: string, rule: 'own-host' | 'all' = 'own-host'): Promise<Brought> {
      const events: EventBody[] = []
      const source = {
        kind: 'clone',
        url: server.url,
        mirror: berth.mirror,
        sha,
        submodules: { rule, base: server.url },
      }
      await bringModules({
        plan: { task: berth.task, turn: 1, source, folders: { task: berth.at('task') } },
        ...{ git: client, callerEnv: server.callerEnv, mirrorsDir: berth.at('mirrors') },
        emit: (...told: EventBody[]) => void events.push(...told),
        signal: AbortSignal.timeout(60_000),
      } as unknown as LaunchDeps)
      const notices = events.flatMap((event) => (event.type === 'notice' ? [event.text] : []))
      return { notices, events }
    },
    /** A turn of the worker with what was brought. */
    async run(sha: string, script: string, changes: Partial<WorkOrder> = {}): Promise<Ended> {
      const made = berth.order(sh(script), changes)
      if (made.workspace.kind !== 'clone') throw new Error('no clone')
      const workspace = { ...made.workspace, base: sha, modules: berth.at('task/modules') }
      return await runWorker(berth, { ...made, workspace })
    },
    async [Symbol.asyncDispose]() {
      berth[Symbol.dispose]()
      await server.close()
    },
  }
}
