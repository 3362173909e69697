import { expect, test } from 'vitest'
import { parseSource, type Source } from '../../domain/source.ts'
import type { Forge, ForgeRepository } from '../../forges/forge.ts'
import { askForge } from './ask-forge.ts'

type Asked = Parameters<typeof askForge>[0]
type Change = {
  readonly found?: Partial<ForgeRepository>
  readonly request?: Partial<Asked['request']>
  readonly allowed?: readonly string[]
  readonly defaultBranch?: boolean
  readonly unsafe?: readonly string[]
  /** Neither an App nor a token is set. */
  readonly none?: boolean
  readonly wantsHint?: boolean
}

/** What a forge was asked, and what came of it. */
const ask = async (repo: string, change: Change = {}) => {
  const calls: string[] = []
  const forge = {
    host: 'git.test',
    repositoryOf: (url: string) => /git\.test[:/](.*?)(\.git)?$/.exec(url)?.[1],
    repository: async (name: string) => {
      calls.push(`repository ${name}`)
      return { name, defaultBranch: 'trunk', archived: false, ...change.found }
    },
    check: async ({ repository, permissions }: Parameters<Forge['check']>[0]) => {
      calls.push(`check ${repository} ${permissions.contents}`)
      return change.unsafe ?? []
    },
  } as Partial<Forge> as Forge
  const forges = {
    host: 'git.test',
    of: (url: string) => (change.none || !url.includes('git.test') ? undefined : forge),
  }
  const settings = () => ({
    allowedRepositories: change.allowed ?? null,
    github: { defaultBranch: change.defaultBranch ?? false },
  })
  const input = {
    deps: { forges, config: { settings } },
    request: { repo, mode: 'exec', push: 'branch', ...change.request },
    call: { callerEnv: {}, signal: new AbortController().signal },
  } as unknown as Asked
  const source = parseSource(repo, { host: 'git.test' }) as Extract<Source, { kind: 'url' }>
  let hint: string | undefined
  const answer = await askForge(input, source).catch((error) => {
    hint = error.hint
    return `${error.code}: ${error.message}`
  })
  return { answer, calls, ...(change.wantsHint && { hint }) }
}

const MAIN = { branch: 'main' }
const URL = 'https://git.test/acme/app.git'

test('asks the forge what the repository is, and whether its credentials can do what the task is to do', async () => {
  const forge = { host: 'git.test', repository: 'acme/app' }
  const push = await ask('acme/app', { request: MAIN })
  expect(push).toEqual({
    answer: { url: URL, forge, notices: [] },
    calls: ['repository acme/app', 'check acme/app write'],
  })
  for (const request of [{ push: 'none' }, { mode: 'review' }] as const)
    expect((await ask(URL, { request })).calls.at(-1)).toBe('check acme/app read')
})

test.each([
  ['another host', 'https://elsewhere.test/acme/app.git', {}],
  ['ssh, where git has the keys of the user', 'git@git.test:acme/app.git', {}],
  ['no credentials', URL, { none: true }],
] as const)('asks nobody: %s', async (_, repo, change) => {
  expect(await ask(repo, change)).toEqual({ answer: { url: repo, notices: [] }, calls: [] })
})

test('uses and says a new name', async () => {
  const { answer, calls } = await ask('acme/old', { request: MAIN, found: { name: 'acme/new' } })
  expect(answer).toEqual({
    url: 'https://git.test/acme/new.git',
    forge: { host: 'git.test', repository: 'acme/new' },
    notices: ['acme/old is called acme/new now, and the task uses that name'],
  })
  expect(calls).toEqual(['repository acme/old', 'check acme/new write'])
  expect((await ask('ACME/App', { request: MAIN, found: { name: 'acme/app' } })).answer).toMatchObject({ notices: [] })
})

test('says what is unsafe about the credentials', async () => {
  const { answer } = await ask('acme/app', { request: MAIN, unsafe: ['the key is open'] })
  expect(answer).toMatchObject({ notices: ['the key is open'] })
})

test('refuses a new name that allowed-repositories does not list', async () => {
  const change = { request: MAIN, found: { name: 'evil/new' }, allowed: ['git.test/acme/*'] }
  expect((await ask('acme/old', change)).answer).toMatch(/^repository-not-allowed: .*evil\/new/)
})

test('refuses an archived repository where a push is wanted', async () => {
  const found = { archived: true }
  expect(await ask('acme/app', { request: MAIN, found })).toEqual({
    answer: 'repository-archived: acme/app is archived on git.test, so nobody can push to it',
    calls: ['repository acme/app'],
  })
  expect((await ask('acme/app', { request: { ...MAIN, push: 'none' }, found })).answer).toMatchObject({
    url: URL,
    notices: ['acme/app is archived on git.test, so nobody can push to it'],
  })
})

test('looks the branch of owner/name up only where the settings say so, and nobody names one', async () => {
  const refused = 'bad-request: --repo acme/app: owner/name needs a --branch'
  expect(await ask('acme/app', { wantsHint: true })).toEqual({
    answer: refused,
    calls: [],
    hint: expect.stringMatching(/--branch.* --ref.* default-branch = true/),
  })
  expect((await ask('acme/app', { none: true })).answer).toBe(refused)
  expect((await ask('acme/app', { defaultBranch: true })).answer).toMatchObject({ branch: 'trunk' })
  for (const request of [MAIN, { ref: 'v1' }])
    expect((await ask('acme/app', { defaultBranch: true, request })).answer).not.toHaveProperty('branch')
  expect((await ask('acme/app', { defaultBranch: true, none: true })).answer).toMatch(/needs credentials/)
  // The remote's HEAD serves where somebody gave a URL.
  expect((await ask(URL, { defaultBranch: true })).answer).not.toHaveProperty('branch')
})
