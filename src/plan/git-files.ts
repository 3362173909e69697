import { posix } from 'node:path'
import type { TaskRequest } from '../domain/request.ts'
import type { WorkOrder } from '../domain/worker-protocol.ts'
import { quoteConfig } from '../std/quote-config.ts'
import type { Facts } from './facts.ts'
import { originSpellings } from './origin-spellings.ts'
import type { Paths } from './paths.ts'

type Places = Pick<Paths, 'work' | 'mirror' | 'bin'>
type HomeFile = NonNullable<WorkOrder['gitFiles']>[number]

/** Below the home. */
export const GIT_FILE = '.config/berth/git'
/** What holds in the work folder alone; it lies beside the other one. */
const WORK_FILE = 'git-work'

const helperOf = ({ bin }: Pick<Paths, 'bin'>) => `${bin}/git-remote-berth`

/** What git runs in place of ssh. */
export const gitSsh = (paths: Pick<Paths, 'bin'>): string => `${helperOf(paths)} --ssh`

type HasForge = Pick<Facts, 'forgeInside' | 'host' | 'source'>

const section = (head: string, ...rows: readonly (readonly [key: string, value: string])[]): readonly string[] => [
  `[${head}]`,
  ...rows.map(([key, value]) => `\t${key} = ${quoteConfig(value)}`),
]

const homeFile = (path: string, lines: readonly string[]): HomeFile => ({
  path,
  text: `${lines.join('\n')}\n`,
})

/** Ssh has no way out, and git's own words for that would not say so. */
const sshLines = (paths: Places): readonly string[] => [
  ...section('core', ['sshCommand', gitSsh(paths)]),
  ...section('ssh', ['variant', 'ssh']),
]

/**
 * For the work folder alone, by an include: `origin` goes to the helper by its name, so that its address and the commit
 * messages of merges stay as they are. A remote named like the address serves that address where somebody types it.
 */
const workLines = (url: string): readonly string[] => [
  ...section('remote "origin"', ['vcs', 'berth']),
  ...(url.startsWith('/')
    ? []
    : [
        ...section(`url ${quoteConfig(url)}`, ['insteadOf', url]),
        ...section(
          `remote ${quoteConfig(url)}`,
          ...([
            ['url', url],
            ['vcs', 'berth'],
            ['skipFetchAll', 'true'],
            ['skipDefaultUpdate', 'true'],
          ] as const),
        ),
      ]),
]

/** For all repositories of the sandbox. Of two rules for one address git takes the longer, else the one it read first. */
const originLines = (url: string, paths: Places, ofWork: boolean): readonly string[] => {
  const { all, web } = originSpellings(url)
  return [
    ...(ofWork
      ? [`${paths.work}/.git`, `${paths.work}/.git/worktrees/`].flatMap((folder) =>
          section(`includeIf ${quoteConfig(`gitdir:${folder}`)}`, ['path', WORK_FILE]),
        )
      : []),
    ...section('berth', ['mirror', paths.mirror ?? ''], ...all.map((form) => ['origin', form] as const)),
    ...section('protocol "berth"', ['allow', 'always']),
    // Git finds the helper in PATH, unless a login shell has set that anew.
    ...section('alias', ['remote-berth', `!${helperOf(paths)}`]),
    ...web.flatMap((form) => {
      const forms = ['', '/', '.git', '.git/'].map((end) => ['insteadOf', `${form}${end}`] as const)
      return forms.flatMap((row) => section(`url ${quoteConfig(`berth::${row[1]}`)}`, row))
    }),
  ]
}

/** With a token inside, git reaches the forge itself: by https, also where somebody writes an ssh address. */
const forgeLines = ({ host }: NonNullable<Facts['forgeInside']>): readonly string[] =>
  ['git@', 'ssh://git@'].flatMap((begin) => {
    const name = begin === 'git@' ? `${host.replace(/:\d+$/, '')}:` : `${host.replace(/:\d+$/, '')}/`
    return section(`url ${quoteConfig(`https://${host}/`)}`, ['insteadOf', `${begin}${name}`])
  })

/** Files of the home by which git in a sandbox reads the task's repository from the mirror. None elsewhere. */
export const planGitFiles = (
  { policy }: Pick<TaskRequest, 'policy'>,
  { host, source, forgeInside }: HasForge,
  paths: Places,
): readonly HomeFile[] => {
  if (forgeInside !== undefined) return [homeFile(GIT_FILE, forgeLines(forgeInside))]
  if (host !== null || policy !== 'sandboxed') return []
  const ssh = sshLines(paths)
  if (source.kind !== 'clone') return [homeFile(GIT_FILE, ssh)]
  const { url } = source
  const ofWork = url.startsWith('/') || /^(https?|file):/i.test(url)
  const lines = [...originLines(url, paths, ofWork), ...ssh]
  const work = posix.join(posix.dirname(GIT_FILE), WORK_FILE)
  return [homeFile(GIT_FILE, lines), ...(ofWork ? [homeFile(work, workLines(url))] : [])]
}
