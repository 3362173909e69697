import { existsSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { BerthError } from '../domain/errors.ts'
import { spawn } from '../std/spawn.ts'
import type { Context } from './context.ts'

const LIMIT_MS = 10_000
/** What a hook's or an alias' git leaves in its environment (git rev-parse --local-env-vars): the folder alone decides. */
const OF_A_REPOSITORY: readonly string[] = [
  'GIT_ALTERNATE_OBJECT_DIRECTORIES',
  'GIT_COMMON_DIR',
  'GIT_CONFIG',
  'GIT_DIR',
  'GIT_GRAFT_FILE',
  'GIT_IMPLICIT_WORK_TREE',
  'GIT_INDEX_FILE',
  'GIT_INTERNAL_SUPER_PREFIX',
  'GIT_NAMESPACE',
  'GIT_NO_REPLACE_OBJECTS',
  'GIT_OBJECT_DIRECTORY',
  'GIT_PREFIX',
  'GIT_REPLACE_REF_BASE',
  'GIT_SHALLOW_FILE',
  'GIT_WORK_TREE',
]
const OUTSIDE = /not a git repository|must be run in a work tree/

const isEmptyFolder = (path: string): boolean => {
  try {
    return readdirSync(path).length === 0
  } catch {
    return false
  }
}

const mayBeInside = (folder: string): boolean => {
  const git = join(folder, '.git')
  // An agent's own sandbox may leave an empty one in the folder of temporary files.
  if (existsSync(git) && !isEmptyFolder(git)) return true
  const up = dirname(folder)
  return up !== folder && mayBeInside(up)
}

/** The top of the git work tree that the working folder lies in; undefined outside of one. */
export const workTreeHere = async (context: Context): Promise<string | undefined> => {
  const { cwd } = context
  // No process for a folder in which git would find nothing.
  if (!mayBeInside(cwd)) return undefined
  const entries = Object.entries(context.env).flatMap(([name, value]) =>
    value === undefined || OF_A_REPOSITORY.includes(name) ? [] : [[name, value] as const],
  )
  const env = { ...Object.fromEntries(entries), LC_ALL: 'C' }
  const { code, stdout, stderr, end } = await spawn('git', ['rev-parse', '--show-toplevel'], {
    cwd,
    env,
    limitMs: LIMIT_MS,
  })
  if (end === 'not-started') return undefined
  if (code === 0) return stdout.toString().replace(/\n$/, '')
  if (OUTSIDE.test(stderr)) return undefined
  const words = stderr.trim().split('\n').slice(0, 2).join(' ').trim() || `exit code ${code}`
  throw new BerthError('bad-repository', `${cwd} looks like a git repository, but git refuses it: ${words}`, {
    hint: 'Fix that, name another repository with --repo, or use an empty folder with --no-repo.',
  })
}
