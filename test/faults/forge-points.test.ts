import { appendFileSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { anyEngine, TEST_ALL } from '../fixtures/engines.ts'
import { appConfig } from '../fixtures/github/app-config.ts'
import { startGitHub } from '../fixtures/github/start-github.ts'
import { WAIT_MS } from '../fixtures/wait-ms.ts'
import { type Scene, scene } from '../fixtures/whole/scene.ts'

/** `forge.git`: git is about to run with a token; the first time is before the task exists. */
const POINTS = [
  'launch.prompt:1',
  'launch.token:1',
  'forge.git:2',
  'launch.mirror:1',
  'launch.order:1',
  'forge.git:3',
  'push.after:1',
  'push.told:1',
  'turn.ended:1',
]
const FEW: ReadonlySet<string> = new Set(['launch.token:1', 'forge.git:3'])

const killed = async ({ b }: Scene) => {
  for (const end = Date.now() + WAIT_MS; Date.now() < end; await sleep(20))
    if (existsSync(join(b.home, 'fault'))) return
  throw new Error('the supervisor did not come to that point')
}

describe.concurrent.each(anyEngine())("the supervisor killed with a forge's token, on $name", (engine) => {
  test.each(POINTS.filter((point) => TEST_ALL || FEW.has(point)))(
    '%s: done, pushed once, no file with a token left',
    async (point) => {
      const github = await startGitHub()
      const repository = github.addRepository({ name: 'acme/app' })
      await using s = await scene(engine, {
        remote: { url: repository.url, bare: repository.bare, close: async () => await github[Symbol.asyncDispose]() },
      })
      appendFileSync(join(s.b.home, 'config.toml'), appConfig(github))
      const id = await s.start([], { BERTH_FAULT: point })
      await killed(s)
      await s.expectDone(id)
      const tokens = (await s.b.events(id)).filter(({ type }) => type === 'forge.token')
      expect(tokens).not.toEqual([])
      for (const { value } of github.tokens) expect(JSON.stringify(await s.b.events(id))).not.toContain(value)
    },
  )
})
