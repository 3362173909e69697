import { stat } from 'node:fs/promises'
import { BerthError } from '../domain/errors.ts'
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
  const place = await run(['rev-parse', '--is-inside-work-tree', '--is-bare-repository', '--absolute-git-dir'])
  const [inside, bare, gitDir] = place.stdout.toString().split('\n')
  if (!succeeded(place) || gitDir === undefined) {
    if (/not a git repository/.test(place.stderr)) return undefined
    throw new BerthError('bad-repository', `read the repository in ${folder} with git: ${gitWords(place, LIMIT.local)}`)
  }
  if (inside !== 'true') return bare === 'true' ? readBare(run, gitDir) : undefined
  return readWorkTree(run, folder)
}

type Run = (args: readonly string[]) => ReturnType<Exec>

const headOf = async (run: Run) => {
  const [head, branch] = await Promise.all([
    run(['rev-parse', '--quiet', '--verify', 'HEAD^{commit}']),
    run(['symbolic-ref', '--quiet', '--short', 'HEAD']),
  ])
  return { head: firstLine(head.stdout), branch: firstLine(branch.stdout) }
}

const firstLine = (text: Buffer) => text.toString().split('\n')[0] || null

const readBare = async (run: Run, gitDir: string): Promise<Local> => ({
  toplevel: gitDir,
  ...(await headOf(run)),
  uncommitted: [],
})

const readWorkTree = async (run: Run, folder: string): Promise<Local> => {
  const [top, head, filters] = await Promise.all([
    run(['rev-parse', '--show-toplevel']),
    headOf(run),
    run(['config', '--null', '--name-only', '--get-regexp', '^filter\\.']),
  ])
  const toplevel = top.stdout.toString().replace(/\n$/, '')
  const off = filtersOff(filters.stdout.toString().split('\0').filter(Boolean))
  const list = ['status', '--porcelain=v1', '-z', '--untracked-files=all', '--ignore-submodules=dirty', '--no-renames']
  const status = await run([...off, ...list])
  if (!succeeded(status)) {
    const words = gitWords(status, LIMIT.local)
    throw new BerthError('bad-repository', `listed uncommitted files in ${folder} with git: ${words}`)
  }
  const uncommitted = status.stdout
    .toString()
    .split('\0')
    .filter(Boolean)
    .map((line) => line.slice(3))
  return { toplevel, ...head, uncommitted }
}

/** `-c` takes the name up to the first `=`, so a filter with one in its name goes by the way that has no such limit. */
const filtersOff = (keys: readonly string[]): readonly string[] => {
  const drivers = new Set(keys.map((key) => key.slice('filter.'.length, key.lastIndexOf('.'))))
  const odd = [...drivers].find((name) => name.includes('='))
  if (odd !== undefined) throw new BerthError('bad-repository', `the repository has a filter named ${odd}`)
  return [...drivers].flatMap((name) =>
    ['clean=', 'smudge=', 'process=', 'required=false'].flatMap((setting) => ['-c', `filter.${name}.${setting}`]),
  )
}
