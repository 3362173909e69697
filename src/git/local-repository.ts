import { existsSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { BerthError } from '../domain/errors.ts'
import { firstLine } from '../std/first-line.ts'
import { type Exec, LIMIT, succeeded } from './exec.ts'
import type { Git } from './git.ts'
import { gitWords } from './git-words.ts'

type Local = Awaited<ReturnType<Git['local']>>

/**
 * A user's repository is read as if a stranger had written its configuration. `status` compares changed files through
 * their clean filter, so each filter the configuration names is set to nothing (a filter's file may then show as
 * changed where only its stored form differs: a line too many in a list, never a command run). Submodules are compared
 * by commit only, since git would start another git inside them with filters of their own.
 */
export const localRepository = async (exec: Exec, folder: string, signal?: AbortSignal): Promise<Local> => {
  const there = await stat(folder).catch(() => undefined)
  if (!there?.isDirectory()) return undefined
  const run = (args: readonly string[]) =>
    exec(['-c', 'safe.directory=*', ...args], {
      cwd: folder,
      limitMs: LIMIT.local,
      maxBytes: 256 * 1024 * 1024,
      ...(signal && { signal }),
    })
  const bareOne = looksBare(folder) ? await readBareAtOnce(run, folder) : undefined
  if (bareOne !== undefined) return bareOne
  const [filters, place] = await Promise.all([
    run(['config', '--null', '--name-only', '--get-regexp', '^filter\\.']),
    // --show-toplevel stands last: where there is none git has answered the others before it fails
    run(['rev-parse', '--is-inside-work-tree', '--is-bare-repository', '--git-dir', '--show-toplevel']),
  ])
  const keys = filters.stdout.toString().split('\0').filter(Boolean)
  const [inside, bare, gitDir, ...toplevel] = place.stdout.toString().replace(/\n$/, '').split('\n')
  if (inside === 'true') return readWorkTree(run, toplevel.join('\n'), keys)
  if (bare === 'true') return readBare(run, resolve(folder, gitDir ?? '.'))
  if (inside === 'false' || /not a git repository/.test(place.stderr)) return undefined
  throw new BerthError('bad-repository', `read the repository in ${folder} with git: ${gitWords(place, LIMIT.local)}`)
}

type Run = (args: readonly string[]) => ReturnType<Exec>

const BRANCHES = 'refs/heads/'

const looksBare = (folder: string): boolean =>
  !existsSync(join(folder, '.git')) && ['HEAD', 'objects', 'refs'].every((name) => existsSync(join(folder, name)))

/** A bare repository whose HEAD names a commit, by one process; undefined for any other. */
const readBareAtOnce = async (run: Run, folder: string): Promise<Local> => {
  const asked = ['--is-inside-work-tree', '--is-bare-repository', '--git-dir', 'HEAD^{commit}', '--symbolic-full-name']
  const said = await run(['rev-parse', ...asked, 'HEAD'])
  const [inside, bare, gitDir = '.', head = '', ref = ''] = said.stdout.toString().split('\n')
  if (!succeeded(said) || inside !== 'false' || bare !== 'true') return undefined
  const branch = ref.startsWith(BRANCHES) ? ref.slice(BRANCHES.length) : null
  return { toplevel: resolve(folder, gitDir), head, branch, uncommitted: [] }
}

const readBare = async (run: Run, toplevel: string): Promise<Local> => {
  const [head, branch] = await Promise.all([
    run(['rev-parse', '--quiet', '--verify', 'HEAD^{commit}']),
    run(['symbolic-ref', '--quiet', '--short', 'HEAD']),
  ])
  return {
    toplevel,
    head: firstLine(head.stdout.toString()) || null,
    branch: firstLine(branch.stdout.toString()) || null,
    uncommitted: [],
  }
}

const readWorkTree = async (run: Run, toplevel: string, filterKeys: readonly string[]): Promise<Local> => {
  const list = ['--branch', '-z', '--untracked-files=all', '--ignore-submodules=dirty', '--no-renames']
  const status = await run([...filtersOff(filterKeys), 'status', '--porcelain=v2', ...list])
  if (!succeeded(status)) {
    const words = gitWords(status, LIMIT.local)
    throw new BerthError('bad-repository', `listed uncommitted files in ${toplevel} with git: ${words}`)
  }
  const lines = status.stdout.toString().split('\0').filter(Boolean)
  const header = (name: string) => lines.find((line) => line.startsWith(`# branch.${name} `))?.slice(name.length + 10)
  const [head, branch] = [header('oid') ?? '(initial)', header('head') ?? '(detached)']
  return {
    toplevel,
    head: head === '(initial)' ? null : head,
    branch: branch === '(detached)' ? null : branch,
    uncommitted: lines.filter((line) => !line.startsWith('# ')).map(pathOf),
  }
}

/** Fields before the path in a line of `status --porcelain=v2`, by its first letter. */
const FIELDS: Readonly<Record<string, number>> = { '1': 8, u: 10, '?': 1, '!': 1 }

const pathOf = (line: string): string =>
  line
    .split(' ')
    .slice(FIELDS[line[0] ?? ''] ?? 0)
    .join(' ')

/** `-c` takes the name up to the first `=`, so a filter with one in its name goes by the way that has no such limit. */
const filtersOff = (keys: readonly string[]): readonly string[] => {
  const drivers = new Set(keys.map((key) => key.slice('filter.'.length, key.lastIndexOf('.'))))
  const odd = [...drivers].find((name) => name.includes('='))
  if (odd !== undefined) throw new BerthError('bad-repository', `the repository has a filter named ${odd}`)
  return [...drivers].flatMap((name) =>
    ['clean=', 'smudge=', 'process=', 'required=false'].flatMap((setting) => ['-c', `filter.${name}.${setting}`]),
  )
}
