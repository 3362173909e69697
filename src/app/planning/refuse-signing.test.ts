import { expect, test } from 'vitest'
import { BerthError } from '../../domain/errors.ts'
import type { Signing } from '../../domain/signing.ts'
import type { Forge, ForgeCommits } from '../../forges/forge.ts'
import type { Signer } from '../../git/git.ts'
import type { Plan } from '../../plan/plan.ts'
import type { Deps } from '../deps.ts'
import { refuseSigning } from './refuse-signing.ts'

const URL = 'https://git.test/acme/app.git'
const SOURCE = { kind: 'clone', url: URL } as Plan['source']

type Given = {
  readonly forge?: Partial<Forge>
  readonly secret?: () => Promise<string>
  readonly source?: Plan['source']
  readonly further?: Plan['further'] & object
}

const refusal = async (sign: Signing | null, { forge, secret, source = SOURCE, further = [] }: Given = {}) => {
  const asked: unknown[] = []
  const found = {
    host: 'git.test',
    repositoryOf: (url: string) => /git\.test\/(.*)\.git$/.exec(url)?.[1],
    check: async (what: object) => void asked.push(what),
    ...forge,
  }
  const deps = {
    forges: { host: 'git.test', of: () => (forge === undefined ? undefined : found) },
    config: { secretText: secret ?? (async () => 'KEY'), openFile: (...of: string[]) => [of.join(' is open: ')] },
    git: { trySigner: async (signer: Signer) => void asked.push(signer) },
  } as unknown as Deps
  const amendment = { coAuthors: [], sign }
  let warned: readonly string[] = []
  const why = await refuseSigning(
    deps,
    { amendment, source, further },
    { HOME: '/h' },
    new AbortController().signal,
  ).then(
    (found) => {
      warned = found
      return null
    },
    (error: BerthError) => `${error.code}: ${error.message} | ${error.hint}`,
  )
  return { why, asked, warned }
}

const commits = {} as ForgeCommits

test('a key is tried, with the environment of who asks', async () => {
  const callerEnv = { HOME: '/h' }
  expect(await refusal({ kind: 'ssh', key: 'file:/k' })).toEqual({
    why: null,
    asked: [{ kind: 'ssh', key: 'KEY', callerEnv }],
    warned: ['the key of --sign is open: file:/k'],
  })
  expect(await refusal({ kind: 'gpg', key: 'AB' })).toEqual({
    why: null,
    asked: [{ kind: 'gpg', key: 'AB', callerEnv }],
    warned: [],
  })
})

test('a forge must be able to sign the commits of each repository', async () => {
  const furtherAt = (url: string) => [{ source: { ...SOURCE, url, folder: 'lib' } }] as Plan['further'] & object
  const both = furtherAt('https://git.test/acme/lib.git')
  expect((await refusal({ kind: 'api' }, { forge: { commits }, further: both })).asked).toMatchObject([
    { repository: 'acme/app' },
    { repository: 'acme/lib' },
  ])
  const elsewhere = furtherAt('https://other.test/acme/lib')
  expect((await refusal({ kind: 'api' }, { forge: { commits }, further: elsewhere })).why).toMatch(/other\.test/)
})

test('nobody is asked where nothing is signed', async () => {
  const nothing = { why: null, asked: [], warned: [] }
  expect(await refusal(null)).toEqual(nothing)
  expect(await refusal({ kind: 'api' }, { source: { kind: 'none' } })).toEqual(nothing)
})

test('a key that cannot be read is told as such, and not as a key of a model', async () => {
  const secret = () => Promise.reject(new BerthError('no-credentials', 'the credential file:/k cannot be read: ENOENT'))
  const { why, asked } = await refusal({ kind: 'ssh', key: 'file:/k' }, { secret })
  expect(why).toMatch(
    /^cannot-sign: the key of --sign ssh: the credential file:\/k cannot be read: ENOENT \| Give --sign/,
  )
  expect(asked).toEqual([])
})

test('the forge signs for an App that may write', async () => {
  expect(await refusal({ kind: 'api' }, { forge: { commits } })).toEqual({
    why: null,
    asked: [{ repository: 'acme/app', permissions: { contents: 'write' } }],
    warned: [],
  })
  expect((await refusal({ kind: 'api' })).why).toContain('cannot-sign: --sign api: Berth has no App at the forge of')
  expect((await refusal({ kind: 'api' }, { forge: {} })).why).toMatch(
    /^cannot-sign: --sign api: git\.test signs for an App only, and \[github\] has a token \| Set app-id/,
  )
  const check = () => Promise.reject(new BerthError('app-permission', 'it may not'))
  expect((await refusal({ kind: 'api' }, { forge: { commits, check } })).why).toMatch(/^app-permission: it may not/)
})
