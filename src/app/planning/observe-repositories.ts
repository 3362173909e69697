import { posix } from 'node:path'
import { BerthError } from '../../domain/errors.ts'
import { REPOSITORY_FOLDER, REPOSITORY_FOLDER_WORDS } from '../../domain/repository-folder.ts'
import { urlProblem } from '../../domain/repository-url.ts'
import type { TaskRequest } from '../../domain/request.ts'
import { shownSource } from '../../domain/shown-source.ts'
import type { CloneSource, Facts } from '../../plan/facts.ts'
import { observeSource, type SourceInput } from './observe-source.ts'
import { refuseOverRepository } from './refuse-over-repository.ts'
import { refuseSeveral } from './refuse-several.ts'

type InFolder = CloneSource & { readonly folder: string }

/** The last name of the repository's path. */
const nameOf = (url: string): string => {
  if (url.startsWith('/')) return posix.basename(url, '.git')
  const read = urlProblem(url)
  return typeof read === 'string' ? '' : read.name
}

const inFolder = (clone: CloneSource, given: string | undefined): InFolder => {
  const folder = given ?? nameOf(clone.url)
  if (REPOSITORY_FOLDER.test(folder)) return { ...clone, folder }
  throw new BerthError(
    'bad-request',
    `--repo ${shownSource(clone.url)}: the folder of the repository cannot be named ${JSON.stringify(folder)}: ${REPOSITORY_FOLDER_WORDS}`,
    { hint: 'Name another folder behind the repository: REPOSITORY:FOLDER.' },
  )
}

/** Refuses two repositories in one folder, and one repository twice: its branch can be pushed once. */
const refuseTwice = (all: readonly InFolder[]): void => {
  for (const [at, one] of all.entries()) {
    const other = all.slice(0, at).find(({ mirror, folder }) => mirror === one.mirror || folder === one.folder)
    if (other === undefined) continue
    const [first, second] = [shownSource(other.url), shownSource(one.url)]
    if (other.mirror === one.mirror)
      throw new BerthError('bad-request', `--repo ${second}: the task has this repository twice`)
    throw new BerthError(
      'bad-request',
      `--repo ${first} and --repo ${second}: both would lie in the folder ${one.folder}`,
      {
        hint: 'Name another folder behind one of them: REPOSITORY:FOLDER.',
      },
    )
  }
}

/** A request as if its task had this repository alone. */
const requestFor = (request: TaskRequest, { repo, ref, branch }: TaskRequest['repos'][number]): TaskRequest => ({
  ...request,
  repo,
  ref,
  branch,
  folder: undefined,
  repos: [],
})

/** Says which of several repositories an error is about. */
const named = (error: unknown, repo: string): unknown =>
  !(error instanceof BerthError) || error.message.includes(repo)
    ? error
    : new BerthError(error.code, `${shownSource(repo)}: ${error.message}`, { hint: error.hint, cause: error })

const observeNamed = async (input: SourceInput) => {
  try {
    return await observeSource(input)
  } catch (error) {
    throw named(error, input.request.repo ?? '')
  }
}

type Observed = Pick<Facts, 'source' | 'further'> & { readonly notices: readonly string[] }

/** Looks at all repositories that the request names, side by side; throws what would stop the task. */
export const observeRepositories = async (input: SourceInput): Promise<Observed> => {
  const { request } = input
  refuseSeveral(request)
  const asked = request.repos.map((one) => requestFor(request, one))
  if (asked.length === 0) return await observeSource(input)
  const [main, ...others] = await Promise.all([
    observeNamed(input),
    ...asked.map((each) => observeNamed({ ...input, request: each, isFurther: true })),
  ])
  if (main.source.kind !== 'clone') return main
  const source = inFolder(main.source, request.folder)
  const further = others.flatMap((one, at) =>
    one.source.kind === 'clone' ? [inFolder(one.source, request.repos[at]?.folder)] : [],
  )
  refuseTwice([source, ...further])
  refuseOverRepository(
    request,
    [source, ...further].map(({ folder }) => folder),
  )
  return { source, further, notices: [main, ...others].flatMap(({ notices }) => notices) }
}
