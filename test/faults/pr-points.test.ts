import { appendFileSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { anyEngine, firstCase } from '../fixtures/engines.ts'
import { appConfig } from '../fixtures/github/app-config.ts'
import { startGitHub } from '../fixtures/github/start-github.ts'
import { WAIT_MS } from '../fixtures/wait-ms.ts'
import { workshop } from '../fixtures/workshop.ts'

/** On the way of a pull request: the one whose repeating would make a second one is the first. */
const POINTS = ['pr.created', 'pr.before', 'pr.decorated', 'pr.told']

describe.concurrent.each(anyEngine())('the supervisor killed at a pull request, on $name', ({ flag }) => {
  test.each(firstCase(POINTS))('%s: opened once, told once', async (point) => {
    await using github = await startGitHub()
    const repository = github.addRepository({ name: 'acme/app', collaborators: ['ada'] })
    const { b, close } = await workshop(flag)
    try {
      appendFileSync(join(b.home, 'config.toml'), appConfig(github))
      const pr = ['--pr', '--pr-label', 'agent', '--pr-reviewer', 'ada']
      const noop = ['--agent', 'noop', '--provider-arg', 'commit=made.txt']
      const args = ['start', '--engine', flag, '--repo', 'acme/app', '--branch', 'main', ...noop, ...pr, 'nothing']
      const id = (await b.run(args, { env: { BERTH_FAULT: `${point}:1` } })).stdout.trim()
      for (const end = Date.now() + WAIT_MS; Date.now() < end && !existsSync(join(b.home, 'fault')); ) await sleep(20)
      expect(existsSync(join(b.home, 'fault'))).toBe(true)
      expect(await b.run(['wait', id])).toMatchObject({ code: 0, stdout: `${id} done\n` })
      expect(repository.pulls).toMatchObject([{ head: `berth/${id}`, labels: ['agent'], reviewers: ['ada'] }])
      expect(await b.status(id)).toMatchObject({ state: 'done', pr: { number: 1, state: 'open' } })
      const types = (await b.events(id)).map(({ type }) => type)
      expect(types.filter((type) => /^(pr\.|work\.pushed)/.test(type))).toEqual(['work.pushed', 'pr.opened'])
    } finally {
      await close()
    }
  })
})
