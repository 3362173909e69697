import { realpath } from 'node:fs/promises'
import { sep } from 'node:path'
import { type Exec, LIMIT, succeeded } from './exec.ts'
import type { CallerEnv } from './git.ts'

type Identity = { readonly name: string; readonly email: string }

/** A folder below ours may be an agent's: its repository's configuration is not the caller's. */
const trusted = async (folder: string | null, stateDir: string | undefined): Promise<string> => {
  if (folder === null) return '/'
  const real = await realpath(folder).catch(() => '/')
  const state = stateDir === undefined ? undefined : await realpath(stateDir).catch(() => stateDir)
  return state !== undefined && `${real}${sep}`.startsWith(`${state}${sep}`) ? '/' : real
}

const read = async (exec: Exec, cwd: string, signal?: AbortSignal) => {
  const args = ['config', '--null', '--get-regexp', '^(author|user)\\.(name|email)$']
  const result = await exec(args, { cwd, limitMs: LIMIT.ask, ...(signal && { signal }) })
  if (!succeeded(result) && result.code !== 1) return undefined
  const rows = result.stdout.toString().split('\0').filter(Boolean)
  return new Map(rows.map((row) => [row.slice(0, row.indexOf('\n')), row.slice(row.indexOf('\n') + 1)]))
}

export const identity = async (
  exec: Exec,
  folder: string | null,
  callerEnv: CallerEnv,
  stateDir: string | undefined,
  signal?: AbortSignal,
): Promise<Identity | undefined> => {
  const given = { name: callerEnv['GIT_AUTHOR_NAME'] || undefined, email: callerEnv['GIT_AUTHOR_EMAIL'] || undefined }
  if (given.name !== undefined && given.email !== undefined) return { name: given.name, email: given.email }
  const cwd = await trusted(folder, stateDir)
  // a repository of somebody else makes git refuse; the caller's own settings are still there
  const found = (await read(exec, cwd, signal)) ?? (await read(exec, '/', signal)) ?? new Map<string, string>()
  const name = given.name ?? (found.get('author.name') || found.get('user.name'))
  const email = given.email ?? (found.get('author.email') || found.get('user.email'))
  return name === undefined || email === undefined ? undefined : { name, email }
}
