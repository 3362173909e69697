import { describe, expect, test } from 'vitest'
import { BerthError } from '../../src/domain/errors.ts'
import type { Forge, ForgeCall } from '../../src/forges/forge.ts'

/** A forge for one test, with the repository `acme/app`, the collaborator `ada`, and what people and machines do there. */
export type ForgeUnderTest = AsyncDisposable & {
  readonly forge: Forge
  /** HTTPS and SSH URLs of the repository. */
  readonly urls: readonly string[]
  /** Makes a branch from main with a further commit, or adds a commit to it; gives the commit. */
  commit(branch: string): string
  edit(number: number, change: { readonly title?: string; readonly body?: string }): void
  end(number: number, how: 'merged' | 'closed'): void
  review(number: number, login: string, says: 'approved' | 'changes-requested' | 'commented'): void
  check(sha: string, is: 'passed' | 'failed' | 'pending'): void
  /** What people asked for, as the forge has it. */
  seen(number: number): { readonly labels: readonly string[]; readonly reviewers: readonly string[] }
  /** From now on the credentials may only read. */
  forbidWriting(): void
  /** From now on the credentials may not read checks; false: the forge has no such permission. */
  forbidChecks(): boolean
  /** The next request of pull requests does what is asked, and its answer is lost. */
  loseNextAnswer(): void
  /** How many answers of the forge had content since the last call; a forge without ETags has none to save. */
  answersWithContent(): number
  readonly etags: boolean
}

const call = (): ForgeCall => ({ callerEnv: {}, signal: AbortSignal.timeout(20_000) })
const APP = { repository: 'acme/app' }
const NEW = {
  ...APP,
  head: 'berth/t-1',
  base: 'main',
  title: 'Mend it',
  body: 'Fixed.\n\nBerth-Task: t-1',
  draft: false,
}

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'none',
    (error) => (error instanceof BerthError ? error.code : String(error)),
  )

type Suite = { readonly make: () => Promise<ForgeUnderTest> }

const repositoryTests = ({ make }: Suite) => {
  test('names the repository of its own URLs, and of no other', async () => {
    await using under = await make()
    const { forge, urls } = under
    expect(urls.map((url) => forge.repositoryOf(url))).toEqual(urls.map(() => 'acme/app'))
    const others = [
      'https://elsewhere.example/acme/app.git',
      '/srv/acme/app.git',
      `https://${forge.host}.evil.example/acme/app`,
    ]
    expect(others.map((url) => forge.repositoryOf(url))).toEqual([undefined, undefined, undefined])
  })

  test('tells of a repository, and mints tokens for it', async () => {
    await using under = await make()
    const { forge } = under
    expect(await forge.repository('acme/app', call())).toEqual({
      name: 'acme/app',
      defaultBranch: 'main',
      archived: false,
    })
    const { value } = await forge.token({ ...APP, permissions: { contents: 'read' } }, call())
    expect(value.length).toBeGreaterThan(10)
  })

  test.each([
    ['may', 'none'],
    ['may not', 'app-permission'],
  ])('checks whether its credentials %s write', async (may, code) => {
    await using under = await make()
    if (may === 'may not') under.forbidWriting()
    const asked = { ...APP, permissions: { contents: 'write', pullRequests: 'write' } } as const
    expect(await codeOf(under.forge.check(asked, call()))).toBe(code)
  })

  test('an aborted call rejects with its reason', async () => {
    await using under = await make()
    const signal = AbortSignal.abort(new Error('enough'))
    await expect(under.forge.pullRequests.find({ ...APP, head: 'x' }, { callerEnv: {}, signal })).rejects.toThrow(
      'enough',
    )
  })
}

const openingTests = ({ make }: Suite) => {
  test('opens a pull request and finds it by its branch', async () => {
    await using under = await make()
    const { pullRequests } = under.forge
    const sha = under.commit('berth/t-1')
    under.commit('berth/t-2')
    const made = await pullRequests.create(NEW, call())
    const { repository: _, draft: __, ...asked } = NEW
    expect(made).toEqual({ ...asked, number: 1, url: expect.stringMatching(/^https?:\/\/.*\/1$/), state: 'open', sha })
    await pullRequests.create({ ...NEW, head: 'berth/t-2' }, call())
    expect(await pullRequests.find({ ...APP, head: 'berth/t-1' }, call())).toEqual([made])
    expect(await pullRequests.find({ ...APP, head: 'berth/t' }, call())).toEqual([])
  })

  test('opens a draft, whose title is the one that was asked for', async () => {
    await using under = await make()
    under.commit('berth/t-1')
    const draft = { state: 'draft', title: 'Mend it' }
    expect(await under.forge.pullRequests.create({ ...NEW, draft: true }, call())).toMatchObject(draft)
    expect(await under.forge.pullRequests.find({ ...APP, head: 'berth/t-1' }, call())).toMatchObject([draft])
  })

  test('opens no second one from a branch into the same base, and none without a base', async () => {
    await using under = await make()
    const { pullRequests } = under.forge
    under.commit('berth/t-1')
    expect(await codeOf(pullRequests.create({ ...NEW, base: 'nowhere' }, call()))).toBe('forge-refused')
    await pullRequests.create(NEW, call())
    await expect(pullRequests.create(NEW, call())).rejects.toMatchObject({
      code: 'forge-refused',
      message: expect.stringMatching(/already exists/i),
    })
  })

  test('one whose answer was lost is found', async () => {
    await using under = await make()
    under.commit('berth/t-1')
    under.loseNextAnswer()
    expect(await codeOf(under.forge.pullRequests.create(NEW, call()))).toBe('forge-unreachable')
    expect(await under.forge.pullRequests.find({ ...APP, head: 'berth/t-1' }, call())).toMatchObject([{ number: 1 }])
  })

  test('labels it and asks for reviews, again without harm; whom it does not take is told', async () => {
    await using under = await make()
    const { pullRequests } = under.forge
    under.commit('berth/t-1')
    await pullRequests.create(NEW, call())
    const asked = { ...APP, number: 1, labels: ['agent', 'new one'], reviewers: ['stranger', 'ada'] }
    const refused = await pullRequests.decorate(asked, call())
    expect(refused).toEqual([expect.stringContaining('stranger')])
    await pullRequests.decorate(asked, call())
    expect(under.seen(1)).toEqual({ labels: ['agent', 'new one'], reviewers: ['ada'] })
  })
}

const laterTests = ({ make }: Suite) => {
  test('replaces the body, and leaves the title that a person gave', async () => {
    await using under = await make()
    const { pullRequests } = under.forge
    under.commit('berth/t-1')
    await pullRequests.create({ ...NEW, draft: true }, call())
    under.edit(1, { title: 'A better title' })
    const updated = { title: 'A better title', body: 'Fixed again.', number: 1 }
    expect(await pullRequests.update({ ...APP, number: 1, body: 'Fixed again.' }, call())).toMatchObject(updated)
    expect(await pullRequests.find({ ...APP, head: 'berth/t-1' }, call())).toMatchObject([updated])
  })

  test.each(['merged', 'closed'] as const)(
    'finds those that are %s with their last commit, behind newer ones',
    async (how) => {
      await using under = await make()
      const { pullRequests } = under.forge
      const first = under.commit('berth/t-1')
      await pullRequests.create(NEW, call())
      under.end(1, how)
      const second = under.commit('berth/t-1')
      await pullRequests.create(NEW, call())
      expect(await pullRequests.find({ ...APP, head: 'berth/t-1' }, call())).toMatchObject([
        { number: 2, state: 'open', sha: second },
        { number: 1, state: how, sha: first },
      ])
    },
  )
}

const statusTests = ({ make }: Suite) => {
  test('the worst check counts', async () => {
    await using under = await make()
    const { pullRequests } = under.forge
    const sha = under.commit('berth/t-1')
    await pullRequests.create(NEW, call())
    const checks = async () => (await pullRequests.status({ ...APP, number: 1 }, call())).checks
    expect(await checks()).toBe('none')
    for (const is of ['passed', 'pending', 'failed'] as const) {
      under.check(sha, is)
      expect(await checks()).toBe(is)
    }
    under.commit('berth/t-1')
    expect(await checks()).toBe('none')
  })

  test('the newest decision of each reviewer counts', async () => {
    await using under = await make()
    const { pullRequests } = under.forge
    under.commit('berth/t-1')
    await pullRequests.create(NEW, call())
    under.review(1, 'ada', 'changes-requested')
    under.review(1, 'bob', 'approved')
    under.review(1, 'cyd', 'commented')
    const reviews = async () => (await pullRequests.status({ ...APP, number: 1 }, call())).reviews
    expect(await reviews()).toEqual({ approved: 1, changesRequested: 1 })
    under.review(1, 'ada', 'approved')
    under.review(1, 'ada', 'commented')
    expect(await reviews()).toEqual({ approved: 2, changesRequested: 0 })
  })

  test('the status is the same where nothing has changed, and costs little', async () => {
    await using under = await make()
    const { pullRequests } = under.forge
    const sha = under.commit('berth/t-1')
    await pullRequests.create(NEW, call())
    under.check(sha, 'passed')
    const status = () => pullRequests.status({ ...APP, number: 1 }, call())
    const before = await status()
    under.answersWithContent()
    expect(await status()).toEqual(before)
    if (under.etags) expect(under.answersWithContent()).toBe(0)
    under.end(1, 'merged')
    expect(await status()).toMatchObject({ state: 'merged', checks: 'passed' })
  })

  test('checks that the credentials may not read are unknown', async () => {
    await using under = await make()
    under.commit('berth/t-1')
    await under.forge.pullRequests.create(NEW, call())
    const isForbidden = under.forbidChecks()
    const { checks, state } = await under.forge.pullRequests.status({ ...APP, number: 1 }, call())
    expect([checks, state]).toEqual([isForbidden ? 'unknown' : 'none', 'open'])
  })

  test('a pull request that is not there is refused', async () => {
    await using under = await make()
    const { pullRequests } = under.forge
    const code = expect.stringMatching(/^forge-(refused|denied)$/)
    expect(await codeOf(pullRequests.status({ ...APP, number: 99 }, call()))).toEqual(code)
    expect(await codeOf(pullRequests.update({ ...APP, number: 99, body: 'x' }, call()))).toEqual(code)
  })
}

/** What every forge must do. */
export const forgeSuite = (name: string, make: () => Promise<ForgeUnderTest>): void => {
  describe(name, () => {
    repositoryTests({ make })
    openingTests({ make })
    laterTests({ make })
    statusTests({ make })
  })
}
