import { mkdirSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { aLogin, openaiToken } from '../../../test/fixtures/logins.ts'
import { temporaryFolder } from '../../../test/fixtures/temporary-folder.ts'
import type { EventBody } from '../../domain/event.ts'
import type { Login } from '../../domain/login.ts'
import { loginVersion } from '../../domain/login-version.ts'
import { codex } from '../../providers/codex.ts'
import type { Running } from './running.ts'
import { takeLoginBack } from './take-login-back.ts'

const LENT = aLogin({ access: openaiToken({ n: 1 }), refresh: 'rt-1' })
const INSIDE = { access: openaiToken({ n: 2 }), refresh: 'rt-2' }
const NEWER = aLogin({ access: openaiToken({ n: 3 }), refresh: 'rt-3' })

/** A turn that ended: what lies in its home, and what is stored by then. */
const takenBack = async (
  inside: Pick<Login, 'access' | 'refresh'>,
  stored: Login | null,
  lent: string | null = loginVersion(LENT),
) => {
  using home = temporaryFolder()
  mkdirSync(home.at('.codex'))
  const tokens = { access_token: inside.access, refresh_token: inside.refresh }
  writeFileSync(home.at('.codex/auth.json'), JSON.stringify({ tokens }))
  let now = stored
  const told: EventBody[] = []
  const warnings: string[] = []
  const running = {
    plan: {
      provider: 'codex',
      turn: 1,
      attempt: 1,
      login: { name: 'default', service: 'chatgpt' },
      inside: { path: '.codex/auth.json' },
      folders: { home: home.at('.') },
    },
    live: {
      record: { warnings },
      journal: {
        select: (...types: string[]) => {
          if (!types.includes('login.lent'))
            return [{ type: 'task.created', task: { request: { agent: 'codex', prompt: '' } } }]
          return lent === null ? [] : [{ type: 'login.lent', turn: 1, attempt: 1, version: lent }]
        },
      },
      append: (event: EventBody) => void told.push(event),
    },
    deps: {
      clock: { now: () => new Date('2026-11-30T12:00:00.000Z') },
      config: { providers: new Map([['codex', codex]]) },
      logins: {
        find: async () => now,
        replace: async (login: Login, version: string) => {
          if (now === null || loginVersion(now) !== version) return false
          now = login
          return true
        },
      },
    },
  } as unknown as Running
  await takeLoginBack(running)
  return { now, told }
}

test('what the CLI refreshed replaces what was lent', async () => {
  expect(await takenBack(INSIDE, LENT)).toMatchObject({ now: INSIDE, told: [] })
})

test('a login that is newer than the one that was lent stays, and a warning says so', async () => {
  const { now, told } = await takenBack(INSIDE, NEWER)
  expect(now).toEqual(NEWER)
  expect(told).toMatchObject([{ level: 'warning', text: expect.stringContaining('it was stored anew meanwhile') }])
})

test('nothing is said where the CLI refreshed nothing, or nothing was lent', async () => {
  expect(await takenBack(LENT, NEWER)).toEqual({ now: NEWER, told: [] })
  expect(await takenBack(INSIDE, LENT, null)).toEqual({ now: LENT, told: [] })
})

test('one that was removed meanwhile stays so', async () => {
  expect(await takenBack(INSIDE, null)).toMatchObject({ now: null })
})
