import { execFileSync } from 'node:child_process'
import { slug } from '../../../src/forges/github/repository-of.ts'
import { type Finding, failedStep, finding } from '../finding.ts'
import type { ForgeBench } from './forge-bench.ts'

/** What the steps share: where the work begins, and the branch that they make. */
type Trial = { readonly bench: ForgeBench; readonly branch: string }

const WRITE = { contents: 'write', pullRequests: 'write' } as const

const checkApp = async ({ bench }: Trial): Promise<Finding> => {
  const { forge, repository, call, token, isApp } = bench
  await forge.check({ repository, permissions: WRITE }, call)
  const { expiresAt, value } = await token({ repository, permissions: { contents: 'read' } }, call)
  const life = expiresAt === null ? 'no end that GitHub says' : `until ${expiresAt}`
  return finding('token', `${isApp ? 'an installation token' : 'a token'} of ${value.length} letters, ${life}`)
}

const makeCommit = (mirror: string, parent: string): string => {
  const name = 'berth live'
  const env = { PATH: process.env['PATH'] ?? '', GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null' }
  const who = { GIT_AUTHOR_NAME: name, GIT_AUTHOR_EMAIL: 'live@berth.invalid', GIT_COMMITTER_NAME: name }
  const args = ['--git-dir', mirror, 'commit-tree', '-p', parent, '-m', 'berth: make live', `${parent}^{tree}`]
  return execFileSync('git', args, { env: { ...env, ...who, GIT_COMMITTER_EMAIL: 'live@berth.invalid' } })
    .toString()
    .trim()
}

/** Fetches, then pushes a commit without changes: first with a token that may not. */
const pushBranch = async ({ bench, branch }: Trial): Promise<readonly Finding[]> => {
  const { git, readingGit, url, mirrors, call } = bench
  const { callerEnv, signal } = call
  const { sha, branch: from } = await git.resolve(url, null, callerEnv, signal)
  const mirror = await git.mirror({ mirrorsDir: mirrors, url, sha, pin: 'live', callerEnv, signal })
  const fetched = finding('fetch', `fetched ${from ?? 'the default branch'}`)
  const work = {
    publish: mirror.path,
    url,
    sha: makeCommit(mirror.path, sha),
    branch,
    expected: null,
    callerEnv,
    signal,
  }
  const refused = await readingGit.push({ ...work, mode: 'lease' })
  const read = refused.ok
    ? finding('refused', 'a token that may read has pushed', { result: 'failed' })
    : finding('refused', `${refused.kind}: ${refused.reason}`, refused.kind === 'denied' ? {} : { result: 'failed' })
  const pushed = await git.push({ ...work, mode: 'lease' })
  return [
    fetched,
    // A person's token has the permissions that it has.
    ...(bench.isApp ? [read] : []),
    pushed.ok
      ? finding('push', `pushed ${branch}`)
      : finding('push', `${pushed.kind}: ${pushed.reason}`, { result: 'failed' }),
  ]
}

const pullRequest = async ({ bench, branch }: Trial): Promise<Finding> => {
  const { forge, repository, call } = bench
  const { pullRequests } = forge
  const base = (await forge.repository(repository, call)).defaultBranch ?? 'main'
  const text = { title: 'berth: make live', body: 'Berth closes it.', draft: true }
  const { number } = await pullRequests.create({ repository, head: branch, base, ...text }, call)
  const found = await pullRequests.find({ repository, head: branch }, call)
  const changed = await pullRequests.update({ repository, number, body: 'Berth has closed it.' }, call)
  const { state, checks } = await pullRequests.status({ repository, number }, call)
  const isRight = found.length === 1 && changed.body === 'Berth has closed it.' && state === 'draft'
  const words = `opened as ${state}, found ${found.length} by its branch, checks ${checks}`
  return finding('pull request', words, isRight ? {} : { result: 'failed' })
}

/** Whether GitHub signs the commits that an App makes through the API. */
const signedCommit = async ({ bench }: Trial): Promise<Finding> => {
  const { git, url, call, repository, request, isApp } = bench
  const ask = await request({ contents: 'write' }, 'made a commit through the API')
  const { sha } = await git.resolve(url, null, call.callerEnv, call.signal)
  const { data: base } = await ask('GET /repos/{owner}/{repo}/git/commits/{commit_sha}', {
    ...slug(repository),
    commit_sha: sha,
  })
  const asked = { ...slug(repository), message: 'berth: make live', tree: base.tree.sha, parents: [sha] }
  const { data } = await ask('POST /repos/{owner}/{repo}/git/commits', asked)
  const { verified = false, reason = 'unknown' } = data.verification ?? {}
  return finding('signature', `verified: ${verified} (${reason})`, isApp && !verified ? { result: 'failed' } : {})
}

/** Removes the branch first, which needs the fewest permissions; then closes what is still open. */
const cleanUp = async ({ bench, branch }: Trial): Promise<Finding> => {
  const { forge, repository, call, request } = bench
  const what = 'removed what make live had made'
  const remove = await request({ contents: 'write' }, what)
  await remove('DELETE /repos/{owner}/{repo}/git/refs/{ref}', { ...slug(repository), ref: `heads/${branch}` })
  const close = await request(WRITE, what)
  for (const { number, state } of await forge.pullRequests.find({ repository, head: branch }, call)) {
    const asked = { ...slug(repository), pull_number: number, state: 'closed' } as const
    if (state !== 'closed') await close('PATCH /repos/{owner}/{repo}/pulls/{pull_number}', asked)
  }
  return finding('clean up', `removed ${branch}, closed its pull request`)
}

/** What is tried at a GitHub, in this order. What fails holds up nothing else. */
export const GITHUB_STEPS: readonly (readonly [
  name: string,
  about: string,
  run: (trial: Trial) => Promise<readonly Finding[]>,
])[] = [
  ['token', 'ask GitHub for a token of the repository, with the permissions of --pr', async (t) => [await checkApp(t)]],
  ['push', 'fetch, be refused with a token that may only read, and push a branch', pushBranch],
  ['pull request', 'open a draft for it, find, change and read it', async (t) => [await pullRequest(t)]],
  ['signature', 'make a commit through the API, which GitHub signs for an App', async (t) => [await signedCommit(t)]],
  ['clean up', 'close the pull request and remove the branch', async (t) => [await cleanUp(t)]],
]

export const tryForge = async (trial: Trial): Promise<readonly Finding[]> => {
  const all: Finding[] = []
  for (const [name, , run] of GITHUB_STEPS)
    all.push(...(await run(trial).catch((error: unknown) => [failedStep(name, error)])))
  return all
}
