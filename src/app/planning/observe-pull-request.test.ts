import { describe, expect, it } from 'vitest'
import { memoryForge } from '../../../test/fixtures/memory-forge.ts'
import { BerthError } from '../../domain/errors.ts'
import { type TaskRequest, taskRequest } from '../../domain/request.ts'
import { parseSource } from '../../domain/source.ts'
import { observePullRequest, pullRequestForge, refusePullRequest } from './observe-pull-request.ts'

const URL = 'https://forge.example/acme/app.git'
const TASK = 't-01k3fz8e4m7qk2c9xe'
const requestOf = (given: Partial<TaskRequest>) => taskRequest.parse({ prompt: 'p', repo: URL, pr: true, ...given })
const remote = { branch: 'main', defaultBranch: 'main', seen: { heads: ['main', 'next', 'feature'] } }

const observed = async (
  given: Partial<TaskRequest>,
  { url = URL, seen = remote, forge = memoryForge() as ReturnType<typeof memoryForge> | null } = {},
) => {
  const input = {
    deps: {
      forges: {
        of: (asked: string) => (forge?.repositoryOf(asked) == null ? undefined : (forge ?? undefined)),
        host: 'forge.example',
      },
    },
    ...{ request: requestOf(given), task: TASK, signal: new AbortController().signal },
    caller: { cwd: '/', uid: 1, gid: 1, env: {} },
  }
  return await observePullRequest(input, url, seen)
}

describe('where a pull request goes', () => {
  it.each([
    ['the default branch', {}, 'main'],
    ['--branch', { branch: 'feature' }, 'feature'],
    ['--pr-base', { branch: 'feature', prBase: 'next' }, 'next'],
  ])('to %s', async (_, given, base) => {
    expect(await observed(given)).toEqual({ repository: 'acme/app', base })
  })

  it('to the default branch for a tag', async () => {
    expect(await observed({ ref: 'v1' }, { seen: { ...remote, branch: null } as never })).toMatchObject({
      base: 'main',
    })
  })

  it('a draft is one too, unless the request says no', async () => {
    expect(await observed({ pr: undefined, prDraft: true })).toMatchObject({ base: 'main' })
    expect(await observed({ pr: false, prDraft: true })).toBeUndefined()
    expect(await observed({ pr: undefined })).toBeUndefined()
  })
})

describe('a pull request that could not be opened', () => {
  it.each([
    [
      'no credentials for the host',
      {},
      { url: 'https://elsewhere.example/a/b.git' },
      'bad-request',
      /elsewhere\.example\/a\/b\.git.*: Berth has no credentials/,
    ],
    ['another ssh host', {}, { url: 'git@elsewhere.example:a/b.git' }, 'bad-request', /no credentials/],
    ['no forge at all', {}, { forge: null }, 'bad-request', /no credentials/],
    [
      'the base is the pushed branch',
      { pushTo: 'next', prBase: 'next' },
      {},
      'bad-request',
      /from the branch next into itself/,
    ],
    ['--push-to the default branch', { pushTo: 'main' }, {}, 'bad-request', /from the branch main into itself/],
    [
      'a base that does not exist',
      { prBase: 'nowhere' },
      {},
      'ref-not-found',
      /--pr-base: the remote has no branch nowhere/,
    ],
    [
      'no base',
      {},
      { seen: { ...remote, branch: null, defaultBranch: null } as never },
      'bad-request',
      /needs --pr-base/,
    ],
  ])('%s', async (_, given, options, code, message) => {
    await expect(observed(given, options)).rejects.toMatchObject({ code, message: expect.stringMatching(message) })
  })

  it('the credentials may not', async () => {
    const forge = memoryForge()
    forge.before = () => {
      throw new BerthError('app-permission', 'no')
    }
    await expect(observed({}, { forge })).rejects.toMatchObject({ code: 'app-permission' })
    expect(forge.calls).toEqual(['check'])
  })

  it.each([
    ['no repository', { repo: undefined }, /needs a --repo/],
    ['a local folder', { repo: '/srv/app' }, /\/srv\/app is a local folder/],
    ['a copy', { repo: '/srv/app', source: 'copy' as const }, /--source copy/],
    ['a review', { mode: 'review' as const }, /a review changes nothing/],
    ['no push', { push: 'none' as const }, /--push none pushes nothing/],
    ['no credentials', {}, /no credentials for a forge at this host/],
  ])('%s', (_, given, message) => {
    const request = requestOf(given)
    const source = parseSource(request.repo)
    const deps = { forges: { of: () => undefined, host: 'forge.example' } }
    expect(() => refusePullRequest(deps, request, source)).toThrow(message)
    expect(() => refusePullRequest(deps, { ...request, pr: undefined }, source)).not.toThrow()
  })

  it('says at which host Berth has pull requests opened, where a repository is at another', () => {
    const deps = { forges: { of: () => undefined, host: 'forge.example' } }
    expect(() => pullRequestForge(deps, 'https://git.example/a/b.git')).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('at forge.example alone, the host of github.api-url') }),
    )
  })
})
