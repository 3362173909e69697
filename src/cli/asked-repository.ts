import { realpathSync } from 'node:fs'
import { client } from '../client/client.ts'
import { BerthError } from '../domain/errors.ts'
import { urlParts } from '../domain/repository-url.ts'
import type { TaskRecord } from '../domain/task.ts'
import { folderOf, recordsOf } from '../domain/work-part.ts'
import type { Context } from './context.ts'
import type { UserGit } from './user-git.ts'

const realPath = (path: string): string => {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}

/** One word for a repository, however its URL is written: host and path, or a folder of this machine. */
export const placeOf = (url: string): string => {
  const local = /^(?:file:\/\/(?:localhost)?)?(\/.*)$/.exec(url)?.[1]
  if (local !== undefined) return realPath(local).replace(/\/+$/, '')
  const parts = urlParts(url)
  if (parts === undefined) return url
  return `${parts.host.toLowerCase()}/${parts.path.replace(/^\/+|\/+$/g, '').replace(/\.git$/, '')}`
}

/** What the checkout is of: the folder itself, and its remotes. */
const placesOf = async (git: UserGit): Promise<ReadonlySet<string>> => {
  const { code, stdout } = await git.attempt(['config', '--null', '--get-regexp', '^remote\\..*\\.url$'])
  const rows = code === 0 ? stdout.toString().split('\0') : []
  const urls = rows.map((row) => row.slice(row.indexOf('\n') + 1)).filter((url) => url !== '')
  const top = (await git.attempt(['rev-parse', '--show-toplevel'])).stdout.toString().trim()
  return new Set([top, ...urls].map(placeOf))
}

const undecided = ({ id }: TaskRecord, folder: string, folders: readonly string[]): BerthError =>
  new BerthError(
    'bad-request',
    `${id} has several repositories (${folders.join(', ')}), and ${folder} is not one of them`,
    {
      hint: 'Name one with --repository.',
    },
  )

/**
 * The repository of a task that a command in this checkout is about: the named one, else the one that the checkout is of.
 * Undefined: the task has one alone.
 */
export const askedRepository = async (
  context: Context,
  id: string,
  { named, git }: { readonly named: string | undefined; readonly git: () => Promise<UserGit> },
): Promise<string | undefined> => {
  if (named !== undefined) return named
  const record = await client(context).ask('task', { id })
  if (record.further === undefined) return undefined
  const checkout = await git()
  const places = await placesOf(checkout)
  const all = recordsOf(record)
  const [found, ...more] = all.filter(({ repository: { url } }) => url !== null && places.has(placeOf(url)))
  if (found === undefined || more.length > 0) throw undecided(record, checkout.folder, all.map(folderOf))
  return folderOf(found)
}
