import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { rootfulEngines } from '../fixtures/engines.ts'
import { forge } from '../fixtures/forge.ts'
import { makeBare } from '../fixtures/remotes/make-repository.ts'
import { SWAP_LIMIT_SECONDS, SWAP_MS, swapRounds } from '../fixtures/swapper.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'
import { type Workshop, workshop } from '../fixtures/workshop.ts'

const SWAP = readFileSync(join(import.meta.dirname, '../fixtures/agents/swap.pl'), 'utf8')

/** The worker's word that the turn is over, under every number near the next one. */
const IDLE = Array.from({ length: 60 }, (_, i) => JSON.stringify({ v: 1, n: i + 1, t: Date.now(), k: 'idle', code: 0 }))

describe.each(rootfulEngines().slice(0, 1))('links that are swapped under the host on $name', ({ flag, kind }) => {
  let shop: Workshop
  const folder = temporaryFolder('berth-swap-')
  beforeAll(async () => {
    shop = await workshop(flag)
  })
  afterAll(async () => {
    await shop.close()
    folder[Symbol.dispose]()
  })

  test(
    'a kept container whose agent lives on: no file outside vanishes, and the task goes whole',
    async () => {
      const outside = temporaryFolder('berth-outside-')
      const names = Array.from({ length: 50 }, (_, i) => `file-${i}`)
      for (const name of names) writeFileSync(outside.at(name), name)
      const url = `file://${makeBare(folder.at('remote.git'), { 'README.md': 'hello\n' })}`
      const swap = `perl /tmp/swap.pl ${outside.path} /berth/exchange 16 ${SWAP_LIMIT_SECONDS} >/dev/null 2>&1`
      const shell = `cat > /tmp/swap.pl <<'E'\n${SWAP}\nE\n(${swap} &) ; sleep 1; touch /tmp/swapping; sleep ${SWAP_LIMIT_SECONDS}`
      const swapping = ['sh', '-c', 'until [ -e /tmp/swapping ]; do sleep 0.1; done']
      const listed = async () => (await shop.b.json<{ tasks: { id: string }[] }>(['ls'])).tasks[0]?.id
      for (const _ of swapRounds(1)) {
        const running = shop.job({ args: ['--repo', url, '--branch', 'main', '--keep-alive', '10m'], shell })
        await expect.poll(listed).toBeDefined()
        const id = (await listed()) ?? ''
        await shop.b.until(id, (event) => event.type === 'agent.tool.start')
        expect((await shop.b.run(['exec', id, ...swapping])).code).toBe(0)
        forge(kind, `berth-${id}-1-1`, IDLE)
        const ran = await running
        expect(ran.id).not.toBe('')
        // It counts as kept, or its forged words have betrayed it by now: the host has emptied or removed its exchange folder.
        await shop.b.run(['send', ran.id, 'go on'])
        await shop.b.run(['stop', ran.id])
        await shop.b.run(['rm', '--force', ran.id])
        expect(names.filter((name) => existsSync(outside.at(name)))).toEqual(names)
        expect(existsSync(join(shop.b.home, 'tasks', ran.id))).toBe(false)
        expect(readdirSync(shop.b.home).filter((name) => name.startsWith('trash-'))).toEqual([])
      }
      outside[Symbol.dispose]()
    },
    SWAP_MS + 180_000,
  )
})
