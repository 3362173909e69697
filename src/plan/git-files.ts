import { posix } from 'node:path'
import type { TaskRequest } from '../domain/request.ts'
import type { WorkOrder } from '../domain/worker-protocol.ts'
import { quoteConfig } from '../std/quote-config.ts'
import { shellWord } from '../std/shell-word.ts'
import { clonesOf } from './clones-of.ts'
import type { Facts } from './facts.ts'
import { lfsFilter } from './lfs-filter.ts'
import { originSpellings } from './origin-spellings.ts'
import type { Paths } from './paths.ts'

type Places = Pick<Paths, 'work' | 'mirror' | 'furtherMirrors' | 'bin' | 'helper'>
type HomeFile = NonNullable<WorkOrder['gitFiles']>[number]

/** Below the home. */
export const GIT_FILE = '.config/berth/git'
/** What holds in the work folder alone; it lies beside the other one. */
const WORK_FILE = 'git-work'

const helperOf = ({ bin }: Pick<Paths, 'bin'>) => `${bin}/git-remote-berth`

/** What git runs in place of ssh. */
export const gitSsh = (paths: Pick<Paths, 'bin'>): string => `${helperOf(paths)} --ssh`

type HasForge = Pick<Facts, 'forgeInside' | 'host' | 'source' | 'further'>

/** A repository that git reads from its mirror: its address, its work folder, and the file with what holds there alone. */
type Served = { readonly url: string; readonly mirror: string; readonly work: string; readonly file: string }

const servedOf = (facts: HasForge, { work, mirror, furtherMirrors }: Places): readonly Served[] => {
  const mirrors = [mirror ?? '', ...furtherMirrors]
  return clonesOf(facts).map(({ url, folder }, at) => ({
    ...{ url, mirror: mirrors[at] ?? '' },
    ...(folder === undefined
      ? { work, file: WORK_FILE }
      : { work: `${work}/${folder}`, file: `${WORK_FILE}-${folder}` }),
  }))
}

const section = (head: string, ...rows: readonly (readonly [key: string, value: string])[]): readonly string[] => [
  `[${head}]`,
  ...rows.map(([key, value]) => `\t${key} = ${quoteConfig(value)}`),
]

const homeFile = (path: string, lines: readonly string[]): HomeFile => ({
  path,
  text: `${lines.join('\n')}\n`,
})

/** Addresses that git itself would reach, not by ssh. */
const isOfWork = (url: string): boolean => url.startsWith('/') || /^(https?|file):/i.test(url)

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

/** The helper of git takes the last mirror that stands before an address. */
const mirrorLines = ({ url, mirror, work, file }: Served): readonly string[] => [
  ...(isOfWork(url)
    ? [`${work}/.git`, `${work}/.git/worktrees/`].flatMap((folder) =>
        section(`includeIf ${quoteConfig(`gitdir:${folder}`)}`, ['path', file]),
      )
    : []),
  ...section('berth', ['mirror', mirror], ...originSpellings(url).all.map((form) => ['origin', form] as const)),
]

/** For all repositories of the sandbox. Of two rules for one address git takes the longer, else the one it read first. */
const originLines = (served: readonly Served[], paths: Places): readonly string[] => {
  const web = new Set(served.flatMap(({ url }) => originSpellings(url).web))
  return [
    ...served.flatMap(mirrorLines),
    ...section('protocol "berth"', ['allow', 'always']),
    // Git finds the helper in PATH, unless a login shell has set that anew.
    ...section('alias', ['remote-berth', `!${helperOf(paths)}`]),
    ...[...web].flatMap((form) => {
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

/** Also where the image has git-lfs, whose filter would ask the remote. */
const filterLines = (begin: string | undefined, { mirror, furtherMirrors }: Places): readonly string[] => {
  if (begin === undefined || mirror === null) return []
  const command = [begin, '.', ...[mirror, ...furtherMirrors].map(shellWord)].join(' ')
  return section('filter "lfs"', ['process', command], ['required', 'true'])
}

/** Files of the home by which git in a sandbox reads the task's repository from the mirror. None elsewhere. */
const originFiles = ({ policy }: Pick<TaskRequest, 'policy'>, facts: HasForge, paths: Places): readonly HomeFile[] => {
  const { host, forgeInside } = facts
  if (forgeInside !== undefined) return [homeFile(GIT_FILE, forgeLines(forgeInside))]
  if (host !== null || policy !== 'sandboxed') return []
  const ssh = sshLines(paths)
  const served = servedOf(facts, paths)
  if (served.length === 0) return [homeFile(GIT_FILE, ssh)]
  const ofWork = served.filter(({ url }) => isOfWork(url))
  return [
    homeFile(GIT_FILE, [...originLines(served, paths), ...ssh]),
    ...ofWork.map(({ url, file }) => homeFile(posix.join(posix.dirname(GIT_FILE), file), workLines(url))),
  ]
}

/** Git's configuration below the home; the first file is the one that all others are named in. */
export const planGitFiles = (
  request: Pick<TaskRequest, 'policy' | 'lfs'>,
  facts: HasForge,
  paths: Places,
): readonly HomeFile[] => {
  const files = originFiles(request, facts, paths)
  const filter = filterLines(lfsFilter(request, paths), paths)
  if (filter.length === 0) return files
  const [first, ...others] = files
  return [{ path: GIT_FILE, text: `${first?.text ?? ''}${filter.join('\n')}\n` }, ...others]
}
