import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runtimeDir } from '../../src/std/runtime-dir.ts'
import { rootfulEngines } from '../fixtures/engines.ts'
import { type Workshop, workshop } from '../fixtures/workshop.ts'

describe.each(rootfulEngines().slice(0, 1))(
  'a task whose folder of the gateway’s socket is removed, on $name',
  ({ flag }) => {
    let shop: Workshop
    beforeAll(async () => {
      shop = await workshop(flag)
    })
    afterAll(() => shop.close())
    const folderOf = (id: string) => join(runtimeDir({}, process.getuid?.() ?? 0, shop.b.home), 'g', id)
    const start = async (...args: readonly string[]) => {
      const job = ['--engine', flag, '--base-url', shop.model.url, '--no-repo', ...args, 'do the work']
      return (await shop.b.run(['start', ...job])).stdout.trim()
    }

    test('in mid turn: the turn is stopped with a word that says so, and resume goes on', async () => {
      shop.model.load({
        steps: [{ text: 'I work.', shell: 'until [ -e go ]; do sleep 0.1; done' }],
        after: { text: 'fine' },
      })
      const id = await start()
      await shop.b.until(id, (event) => event.type === 'agent.tool.start')
      rmSync(folderOf(id), { recursive: true })
      expect((await shop.b.run(['wait', id])).code).toBe(1)
      const { outcome } = await shop.b.status(id)
      expect(outcome?.reason).toContain(`somebody removed ${folderOf(id)}`)
      expect(outcome?.reason).toContain(`berth resume ${id}`)
      expect((await shop.b.run(['resume', id])).code).toBe(0)
      expect((await shop.b.run(['wait', id])).code).toBe(0)
    })

    test('beside a container that is kept: the next turn gets a fresh one', async () => {
      shop.model.load({ after: { text: 'fine' } })
      const id = await start('--keep-alive', '10m')
      expect((await shop.b.run(['wait', id])).code).toBe(0)
      await shop.b.until(id, (event) => event.type === 'container.kept')
      // A removal that meets the gateway's own of a file in there may leave the folder, without a word.
      while (existsSync(folderOf(id))) rmSync(folderOf(id), { recursive: true, force: true })
      expect((await shop.b.run(['send', '-f', id, 'more'])).code).toBe(0)
      const created = (await shop.b.events(id)).filter(({ type }) => type === 'container.created')
      expect([created.length, existsSync(folderOf(id))]).toEqual([2, true])
    })
  },
)
