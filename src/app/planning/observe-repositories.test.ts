import { expect, test } from 'vitest'
import { BerthError } from '../../domain/errors.ts'
import { type TaskRequest, taskRequest } from '../../domain/request.ts'
import { observeRepositories } from './observe-repositories.ts'

const SHA = 'a'.repeat(40)

/** Looks at repositories that all have one branch, except those at a host that is away. */
const observed = async (given: Partial<TaskRequest>) => {
  const asked: string[] = []
  const git = {
    isFilled: () => true,
    mirrorPath: (url: string) => `/state/mirrors/${url.replaceAll('/', '_')}`,
    resolve: async (url: string, ref: string | null) => {
      asked.push(ref === null ? url : `${url} ${ref}`)
      if (url.includes('away')) throw new BerthError('repository-unreachable', `asked ${url}: no answer`)
      return { sha: SHA, ref: ref === null ? null : `refs/heads/${ref}`, branch: ref, defaultBranch: 'main' }
    },
  }
  const deps = {
    git,
    forges: { of: () => undefined, host: 'forge.example' },
    config: { settings: () => ({ allowedRepositories: null, github: { defaultBranch: false } }) },
  }
  const found = await observeRepositories({
    deps: deps as never,
    request: taskRequest.parse({ prompt: 'p', repo: 'https://git.example/team/app.git', ...given }),
    caller: { cwd: '/', uid: 1, gid: 1, env: {} },
    task: 't-01k3fz8e4m7qk2c9xe',
    signal: new AbortController().signal,
  })
  return { ...found, asked }
}

const at = (target: string) => [{ source: '/srv', target, readOnly: false }]
const LIB = 'https://git.example/team/lib.git'

test('one repository lies in the work folder itself', async () => {
  const { source, further } = await observed({})
  expect(source).not.toHaveProperty('folder')
  expect(further).toBeUndefined()
})

test('of several, each has a folder and a branch of its own', async () => {
  const repos = [{ repo: LIB }, { repo: 'git@git.example:docs', folder: 'manual', branch: 'next' }]
  const { source, further, asked } = await observed({ branch: 'main', repos })
  expect(source).toMatchObject({ url: 'https://git.example/team/app.git', folder: 'app', branch: 'main' })
  expect(further).toMatchObject([
    { url: LIB, folder: 'lib', branch: 'main' },
    { url: 'git@git.example:docs', folder: 'manual', branch: 'next' },
  ])
  expect(asked).toEqual(['https://git.example/team/app.git main', LIB, 'git@git.example:docs next'])
})

test('a mount may lie in a repository or beside it', async () => {
  const volumes = [...at('/work/lib/data'), ...at('/work/library')]
  expect((await observed({ volumes, repos: [{ repo: LIB }] })).further).toHaveLength(1)
})

test('the main one may have another folder, too', async () => {
  const { source } = await observed({ folder: 'shop', repos: [{ repo: LIB }] })
  expect(source).toMatchObject({ folder: 'shop' })
})

test.each<[string, Partial<TaskRequest>, RegExp]>([
  ['one that does not answer', { repos: [{ repo: LIB }, { repo: 'https://away.example/x/y' }] }, /away\.example/],
  [
    'two of one name',
    { repos: [{ repo: 'https://git.example/other/app' }] },
    /^--repo "https:\/\/git\.example\/team\/app\.git" and --repo "https:\/\/git\.example\/other\/app": both would lie in the folder app$/,
  ],
  ['two in one folder', { repos: [{ repo: LIB, folder: 'app' }] }, /both would lie in the folder app$/],
  [
    'one twice',
    { repos: [{ repo: LIB }, { repo: LIB, folder: 'other' }] },
    /^--repo "https:\/\/git\.example\/team\/lib\.git": the task has this repository twice$/,
  ],
  ['a name that is none of a folder', { repos: [{ repo: 'https://git.example/team/.github' }] }, /named "\.github"/],
  ['a mount in its place', { volumes: at('/work/lib'), repos: [{ repo: LIB }] }, /^a mount at \/work\/lib: the task/],
  ['a mount on its .git', { volumes: at('/work/app/.git/hooks'), repos: [{ repo: LIB }] }, /has a repository in/],
  ['memory in its place', { tmpfs: [{ target: '/work/app', options: [] }], repos: [{ repo: LIB }] }, /^a mount at/],
  ['no main one', { repo: undefined, repos: [{ repo: LIB }] }, /beside the main one, and the task has none/],
  ['a folder for the only one', { folder: 'app' }, /only a task with several repositories has folders/],
  ['a review', { mode: 'review', repos: [{ repo: LIB }] }, /^--mode review: a task with several/],
  ['a mounted folder', { source: 'mount', repos: [{ repo: LIB }] }, /^--source mount: a task with several/],
  ['a shared tree', { sharedTree: true, repos: [{ repo: LIB }] }, /^--shared-tree: a task with several/],
  ['a token inside', { gitCredentials: 'inside', repos: [{ repo: LIB }] }, /^--git-credentials inside: a task with/],
  [
    'a wrong branch',
    { repos: [{ repo: LIB, branch: 'a..b' }] },
    /^"https:\/\/git\.example\/team\/lib\.git": read the branch "a\.\.b"/,
  ],
  [
    'no branch of owner/name',
    { repos: [{ repo: 'team/lib' }] },
    /^--repo team\/lib: owner\/name needs a branch of its own/,
  ],
])('refused: %s', async (_, given, words) => {
  await expect(observed(given)).rejects.toThrow(words)
})
