import { appendFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Event } from '../../src/domain/event.ts'
import { anyEngine } from '../fixtures/engines.ts'
import { appConfig } from '../fixtures/github/app-config.ts'
import { type GitHub, startGitHub } from '../fixtures/github/start-github.ts'
import { git } from '../fixtures/remotes/git.ts'
import { type Workshop, workshop } from '../fixtures/workshop.ts'

/** Events by the words of the source's steps: create, inject, token, clone, start. */
const STEPS = ['turn.span folders', 'turn.span prompt', 'forge.token', 'turn.phase cloning', 'agent.started']
const named = (event: Event): string => {
  if (event.type === 'turn.span') return `${event.type} ${event.name}`
  return event.type === 'turn.phase' ? `${event.type} ${event.phase}` : event.type
}
const ofType = <T extends Event['type']>(events: readonly Event[], type: T) =>
  events.filter((event): event is Extract<Event, { type: T }> => event.type === type)

describe.each(anyEngine())('a repository on GitHub, with an App, on $name', ({ flag }) => {
  let shop: Workshop
  let github: GitHub
  beforeAll(async () => {
    github = await startGitHub()
    shop = await workshop(flag)
    appendFileSync(join(shop.b.home, 'config.toml'), appConfig(github))
  })
  afterAll(async () => {
    await shop.close()
    await github[Symbol.asyncDispose]()
  })

  test('a private repository must be cloned and pushed with tokens of the App', async () => {
    const repository = github.addRepository({ name: 'acme/app' })
    const ran = await shop.job({ args: ['--repo', 'acme/app', '--branch', 'main'], shell: 'echo one > one.txt' })
    expect(ran, ran.stdout + ran.stderr).toMatchObject({ code: 0 })
    expect(git(repository.bare, ['show', `berth/${ran.id}:one.txt`])).toBe('one')
    const record = await shop.b.status(ran.id)
    expect(record).toMatchObject({ state: 'done', repository: { url: repository.url, branch: 'main' } })
    const events = await shop.b.events(ran.id)
    expect(ofType(events, 'forge.token')).toMatchObject([
      { repository: 'acme/app', permissions: { contents: 'read' }, expiresAt: expect.any(String) },
      { repository: 'acme/app', permissions: { contents: 'write' }, expiresAt: expect.any(String) },
    ])
    const order = events.map(named)
    expect(STEPS.toSorted((a, b) => order.indexOf(a) - order.indexOf(b))).toEqual(STEPS)
    expect(order).toEqual(expect.arrayContaining(STEPS))
    const journal = JSON.stringify(events)
    const log = readFileSync(join(shop.b.home, 'supervisor.log'), 'utf8')
    expect(github.tokens.length).toBeGreaterThanOrEqual(2)
    for (const { value } of github.tokens) expect(journal + log).not.toContain(value)
  })
})
