import { expect, it } from 'vitest'
import type { EventBody } from '../../domain/event.ts'
import type { Git } from '../../git/git.ts'
import { addedRules, knownDenies } from '../task/added-rules.ts'
import { launchRules } from './launch-rules.ts'

const SHA = 'a'.repeat(40)

/** A task with this plan whose mirror has these files. */
const task = (plan: object, found: Awaited<ReturnType<Git['top']>>) => {
  const events: EventBody[] = [{ type: 'turn.planned', turn: 1, plan }]
  const asked: object[] = []
  const live = {
    journal: { select: (...types: string[]) => events.filter(({ type }) => types.includes(type)) },
    commit: async (...more: EventBody[]) => void events.push(...more),
  }
  const top = async (input: object) => {
    asked.push(input)
    return found
  }
  const input = { deps: { git: { top } }, live, plan, signal: new AbortController().signal }
  return { events, asked, live: live as never, rules: () => launchRules(input as never) }
}

const CLONE = { turn: 1, source: { kind: 'clone', mirror: '/m', sha: SHA } }
const unread = { ...CLONE, network: { rules: [], unread: true } }

it('reads the file of a repository that was just fetched, once, and keeps what it denies', async () => {
  const text = 'deny = ["example.org"]\nallow = ["npm"]'
  const { events, asked, live, rules } = task(unread, { names: ['uv.lock', 'a.txt'], text })
  expect(knownDenies(live)).toBeUndefined()
  const first = await rules()
  expect(first).toMatchObject([{ effect: 'deny', host: 'example.org', origin: 'project' }])
  expect(asked).toMatchObject([{ repository: '/m', commit: SHA, file: '.berth/config.toml' }])
  expect(events.slice(1)).toMatchObject([
    { type: 'project.rules', turn: 1, deny: ['example.org'] },
    { type: 'notice', level: 'warning', text: expect.stringContaining('--allow npm') },
    { type: 'notice', level: 'warning', text: expect.stringContaining('the repository has uv.lock') },
  ])
  expect(await rules()).toEqual(first)
  expect(asked).toHaveLength(1)
  expect(addedRules(live)).toEqual(first)
  expect(knownDenies(live)).toEqual(['example.org'])
})

it('reads nothing where the plan has read it, or no rule applies', async () => {
  for (const network of [{ rules: [] }, null, undefined]) {
    const { asked, events, rules } = task({ ...CLONE, network }, { names: [], text: 'deny = ["npm"]' })
    expect(await rules()).toEqual([])
    expect([asked, events.length]).toEqual([[], 1])
  }
})

it('stops the launch for a file that sets more than it may', async () => {
  const { events, rules } = task(unread, { names: [], text: '\npolicy = "open"' })
  await expect(rules()).rejects.toMatchObject({
    code: 'config-invalid',
    message: expect.stringMatching(/^\.berth\/config\.toml:2: a repository may not set "policy"/),
  })
  expect(events).toHaveLength(1)
})

it('knows the denies of the plan beside those of the journal', () => {
  const rules = [
    { effect: 'deny', target: 'a.org', origin: 'project' },
    { effect: 'deny', target: 'b.org', origin: 'flag' },
  ]
  const { events, live } = task({ ...CLONE, network: { rules } }, undefined)
  expect(knownDenies(live)).toEqual(['a.org'])
  events.push({ type: 'project.rules', turn: 1, deny: ['c.org'] })
  expect(knownDenies(live)).toEqual(['a.org', 'c.org'])
})
