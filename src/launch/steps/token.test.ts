import { expect, test } from 'vitest'
import { BerthError, type ErrorCode } from '../../domain/errors.ts'
import type { LaunchDeps } from '../deps.ts'
import { getToken } from './token.ts'

/** The step with a forge that answers with a token, or with this error. */
const run = async (code?: ErrorCode) => {
  const told: object[] = []
  const forge = {
    of: () => ({
      repositoryOf: () => 'acme/app',
      token: async () => {
        if (code !== undefined) throw new BerthError(code, 'no token')
        return { value: 'ghs_1', user: 'x', expiresAt: null }
      },
    }),
    onToken: (token: object) => void told.push(token),
  }
  const plan = { source: { kind: 'clone', url: 'https://git.test/acme/app.git' } }
  await getToken({ plan, forge, callerEnv: {}, signal: new AbortController().signal } as unknown as LaunchDeps)
  return told
}

test('the token is told, so that it is masked and journaled before git has it', async () => {
  const permissions = { contents: 'read' }
  expect(await run()).toEqual([{ value: 'ghs_1', expiresAt: null, repository: 'acme/app', permissions }])
})

test('of several repositories, each gets a token for itself alone', async () => {
  const asked: string[] = []
  const told: { readonly repository: string }[] = []
  const there = {
    repositoryOf: (url: string) => /git\.test\/(.*)\.git$/.exec(url)?.[1],
    token: async ({ repository }: { readonly repository: string }) => {
      asked.push(repository)
      return { value: `ghs_${repository}`, user: 'x', expiresAt: null }
    },
  }
  const forge = {
    of: (url: string) => (url.includes('git.test') ? there : undefined),
    onToken: (token: (typeof told)[number]) => void told.push(token),
  }
  const clone = (url: string) => ({ kind: 'clone', url })
  const further = [{ source: clone('https://git.test/acme/lib.git') }, { source: clone('/srv/docs.git') }]
  const plan = { source: clone('https://git.test/acme/app.git'), further }
  await getToken({ plan, forge, callerEnv: {}, signal: new AbortController().signal } as unknown as LaunchDeps)
  expect(asked).toEqual(['acme/app', 'acme/lib'])
  expect(told.map(({ repository }) => repository)).toEqual(asked)
})

test('a forge that is away is left to the fetch, which may not need it; one that refuses ends the launch', async () => {
  expect(await run('forge-unreachable')).toEqual([])
  expect(await run('forge-rate-limit')).toEqual([])
  await expect(run('app-suspended')).rejects.toMatchObject({ code: 'app-suspended' })
})
