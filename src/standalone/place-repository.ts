import { existsSync, mkdirSync, readdirSync, realpathSync } from 'node:fs'
import { join, sep } from 'node:path'
import { type GitResult, gitWords, type RunGit } from '../inside/git-runner.ts'
import { errorMessage } from '../std/error-message.ts'
import { StepFailed } from './exit-codes.ts'
import { splitLogin } from './split-login.ts'

type Url = { readonly url: string; readonly folder: string; readonly git: RunGit; readonly say: (text: string) => void }

/** `kept`: the folder had files of its own, so it stays as it is. */
export type Placed = { readonly kept: boolean }

/** Of a clone; a large one takes hours. */
const LIMIT_MS = 86_400_000
const HINT = 'Check REPO_URL, its login and the network of the container.'

const must = (result: GitResult, what: string): GitResult => {
  if (result.code !== 0) throw new StepFailed('clone', `${what}: ${gitWords(result)}`, HINT)
  return result
}

export const isEmpty = (folder: string): boolean => !existsSync(folder) || readdirSync(folder).length === 0

/** Makes the repository's folder; a link on the way must not lead out of the work folder. Throws StepFailed. */
export const makeFolder = (work: string, name: string): string => {
  const folder = join(work, name)
  const hint = 'Give another folder with REPO_DIR.'
  try {
    const parts = name.split('/').map((_, n, all) => join(work, ...all.slice(0, n + 1)))
    const there = realpathSync(parts.findLast((path) => existsSync(path)) ?? work)
    if (!`${there}${sep}`.startsWith(`${realpathSync(work)}${sep}`))
      throw new StepFailed('input', `REPO_DIR=${name} leads out of ${work}, to ${there}`, hint)
    mkdirSync(folder, { recursive: true })
    return folder
  } catch (error) {
    if (error instanceof StepFailed) throw error
    throw new StepFailed('clone', `made ${folder}: ${errorMessage(error)}`, hint, error)
  }
}

const sameRemote = (there: string, asked: string): boolean => {
  const plain = (url: string) => splitLogin(url).rest.replace(/(\.git)?\/*$/, '')
  return plain(there) === plain(asked)
}

/** Fetches what is new. Uncommitted files stay, and with them all of the folder. */
const update = async ({ url, folder, git, say }: Url): Promise<Placed> => {
  const there = (await git(['config', '--get', 'remote.origin.url'])).stdout.trim()
  if (!sameRemote(there, url))
    throw new StepFailed(
      'clone',
      `${folder} is a clone of ${there === '' ? 'no remote' : splitLogin(there).rest}, not of ${url}`,
      'Give another folder with REPO_DIR, or remove this one.',
    )
  const fetch = ['fetch', '--prune', '--tags', '--force', 'origin', '+refs/heads/*:refs/remotes/origin/*']
  must(await git(fetch, { limitMs: LIMIT_MS }), `updated ${folder}`)
  await git(['remote', 'set-head', 'origin', '--auto'])
  // Without an index nothing was checked out yet: a clone that was ended midway.
  if (!existsSync(join(folder, '.git/index'))) return { kept: false }
  const status = must(await git(['status', '--porcelain']), `looked at ${folder}`)
  const files = status.stdout.split('\n').filter((line) => line !== '').length
  if (files === 0) return { kept: false }
  say(
    `kept ${folder} as it is: ${files} of its files ${files === 1 ? 'is' : 'are'} not committed, so nothing was checked out`,
  )
  return { kept: true }
}

/** Clones the repository, or updates the clone that lies there. Throws StepFailed. */
export const placeRepository = async (given: Url): Promise<Placed> => {
  const { url, folder, git, say } = given
  if (existsSync(join(folder, '.git'))) {
    say(`updating ${folder} from ${url}`)
    return await update(given)
  }
  if (!isEmpty(folder))
    throw new StepFailed(
      'clone',
      `${folder} is not empty and no clone, so it was left alone`,
      'Give another folder with REPO_DIR, or empty this one.',
    )
  say(`cloning ${url} to ${folder}`)
  must(await git(['clone', '--no-checkout', '--', url, folder], { limitMs: LIMIT_MS }), `cloned ${url}`)
  return { kept: false }
}
