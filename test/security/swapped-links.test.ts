import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { rootfulEngines } from '../fixtures/engines.ts'
import { makeBare } from '../fixtures/remotes/make-repository.ts'
import { SWAP_LIMIT_SECONDS, SWAP_MS, swapRounds } from '../fixtures/swapper.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'
import { type Workshop, workshop } from '../fixtures/workshop.ts'

const SWAP = readFileSync(join(import.meta.dirname, '../fixtures/agents/swap.pl'), 'utf8')

/** Stops the worker, says in its name that the turn is over, and stays alive. */
const FORGE = `import os, signal, time
for pid in filter(str.isdigit, os.listdir('/proc')):
    try:
        words = open(f'/proc/{pid}/cmdline').read()
    except OSError:
        continue
    if 'worker/main.cjs' in words and '/bin/node' in words.split('\\0')[0]:
        os.kill(int(pid), signal.SIGSTOP)
        log = os.open(f'/proc/{pid}/fd/1', os.O_WRONLY)
        for n in range(1, 60):
            frame = '{"v":1,"n":%d,"t":%d,"k":"idle","code":0}\\n' % (n, time.time() * 1000)
            os.write(log, frame.encode())
`

describe.each(rootfulEngines().slice(0, 1))('links that are swapped under the host on $name', ({ flag }) => {
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
      const shell = `cat > /tmp/swap.pl <<'E'\n${SWAP}\nE\ncat > /tmp/forge.py <<'E'\n${FORGE}\nE\n(${swap} &) ; sleep 1; python3 /tmp/forge.py; sleep ${SWAP_LIMIT_SECONDS}`
      for (const _ of swapRounds(1)) {
        const ran = await shop.job({ args: ['--repo', url, '--branch', 'main', '--keep-alive', '10m'], shell })
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
