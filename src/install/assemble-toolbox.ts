import { existsSync } from 'node:fs'
import { chmod, copyFile, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { SECCOMP_FILE, seccompText } from '../domain/seccomp-profile.ts'
import { TERMINAL_ADDON, WORKER_LOADER } from '../domain/worker-protocol.ts'
import { AGENT_PACKAGES } from './agent-packages.ts'
import type { BuildStamp, InstallOptions, ToolboxManifest } from './install.ts'
import { intoPlace, mkdirOpen } from './into-place.ts'
import { keepWorkerCode } from './keep-worker-code.ts'
import { linkTree } from './link-tree.ts'
import { GIT_ASKPASS, GIT_HELPER, STANDALONE_LAUNCHER } from './recipe.ts'

export type ToolboxParts = {
  readonly hash: string
  /** node_modules of the npm part. */
  readonly modules: string
  /** Folders of agents' packages that are taken in place of those in `modules`, by agent. */
  readonly agents?: Readonly<Record<string, string>>
  /** The part that came out of the agent image. */
  readonly system: string
  /** Hashes of the built programs, `none` where there is none. */
  readonly programs: Pick<BuildStamp, 'worker' | 'standalone'>
}

const version = async (folder: string): Promise<string> => {
  const text = await readFile(join(folder, 'package.json'), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}

const packageOf = ({ modules, agents = {} }: ToolboxParts, agent: keyof typeof AGENT_PACKAGES): string =>
  agents[agent] ?? join(modules, AGENT_PACKAGES[agent].folder)

/** codex is a static program that looks for its companions beside itself, so its folder stays whole. */
const addCodex = async (folder: string, target: string): Promise<string> => {
  const vendor = join(folder, 'vendor')
  const [triple = ''] = await readdir(vendor)
  await linkTree(join(vendor, triple), join(target, 'lib/codex'))
  await symlink('../lib/codex/bin/codex', join(target, 'bin/codex'))
  await symlink('../lib/codex/codex-path/rg', join(target, 'bin/rg'))
  return (await version(folder)).replace(/-linux-\w+$/, '')
}

/** One file; how it is started is in collect.sh. */
const addClaude = async (folder: string, target: string): Promise<string> => {
  await linkTree(folder, join(target, 'lib/claude'))
  return version(folder)
}

const addGemini = async (folder: string, target: string): Promise<string> => {
  await linkTree(join(folder, 'bundle'), join(target, 'lib/gemini'))
  return version(folder)
}

/** One program, taken along with the system's part where npm has it for this architecture. */
const opencodeOf = async (parts: ToolboxParts) =>
  existsSync(join(parts.system, 'bin/opencode')) ? { opencode: await version(packageOf(parts, 'opencode')) } : {}

/** May be run, and not read: what the kernel starts of such a file is open to no debugger of the same user. */
const UNREADABLE = 0o111

/** Init and worker are started by copies of their own: the cache's files stay readable, and so does the loader of programs. */
const hideStarters = async (target: string): Promise<void> => {
  const loader = (await readdir(join(target, 'lib'))).find((name) => name.startsWith('ld-linux'))
  if (loader === undefined) throw new Error(`${target}/lib has no loader`)
  const starters = [
    [loader, `lib/${WORKER_LOADER}`],
    ['../bin/tini', 'bin/tini'],
  ] as const
  for (const [from, to] of starters) {
    const temporary = join(target, `${to}.tmp`)
    await copyFile(join(target, 'lib', from), temporary)
    await chmod(temporary, UNREADABLE)
    await rename(temporary, join(target, to))
  }
}

/** Opens terminals for the worker, which loads it when a program wants one. */
const addTerminals = async (modules: string, target: string): Promise<void> => {
  const path = join(target, TERMINAL_ADDON)
  await copyFile(join(modules, `@lydell/node-pty-linux-${process.arch}/pty.node`), path)
  await chmod(path, 0o755)
}

/** What we have written ourselves. */
const addOwn = async (programs: ToolboxParts['programs'], root: string, target: string): Promise<void> => {
  await mkdirOpen(join(target, 'worker'))
  const files = [
    [`dist/worker-${programs.worker}.cjs`, 'worker/main.cjs', 0o644],
    [`dist/standalone-${programs.standalone}.cjs`, 'worker/standalone.cjs', 0o644],
    [GIT_HELPER, 'bin/git-remote-berth', 0o755],
    [GIT_ASKPASS, 'bin/git-askpass', 0o755],
    [STANDALONE_LAUNCHER, 'bin/standalone', 0o755],
  ] as const
  for (const [from, to, mode] of files) {
    if (from.includes('-none.')) continue
    await copyFile(join(root, from), join(target, to))
    await chmod(join(target, to), mode)
  }
}

/** Puts a toolbox together from its cached parts, mostly by hard links. Gives its folder. */
export const assembleToolbox = async (parts: ToolboxParts, options: InstallOptions): Promise<string> => {
  const path = join(options.install, 'toolbox', parts.hash)
  await intoPlace(path, async (target) => {
    options.progress(`assembling toolbox ${parts.hash}`)
    await linkTree(parts.system, target)
    await rm(join(target, 'git-version'))
    await linkTree(join(parts.modules, 'npm'), join(target, 'lib/npm'))
    const agents = {
      codex: await addCodex(packageOf(parts, 'codex'), target),
      claude: await addClaude(packageOf(parts, 'claude'), target),
      gemini: await addGemini(packageOf(parts, 'gemini'), target),
      ...(await opencodeOf(parts)),
    }
    await addTerminals(parts.modules, target)
    await hideStarters(target)
    await addOwn(parts.programs, options.root, target)
    if (parts.programs.worker !== 'none') await keepWorkerCode(target, options)
    await writeFile(join(target, SECCOMP_FILE), seccompText())
    await chmod(join(target, SECCOMP_FILE), 0o644)
    const manifest: ToolboxManifest = {
      hash: parts.hash,
      node: await version(join(parts.modules, `node-linux-${process.arch}`)),
      git: (await readFile(join(parts.system, 'git-version'), 'utf8')).trim(),
      npm: await version(join(parts.modules, 'npm')),
      worker: parts.programs.worker,
      agents,
    }
    await writeFile(join(target, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`)
    await chmod(join(target, 'manifest.json'), 0o644)
  })
  return path
}
