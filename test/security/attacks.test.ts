import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Ran } from '../fixtures/berth.ts'
import { rootfulEngines } from '../fixtures/engines.ts'
import type { Remote } from '../fixtures/remotes/remote.ts'
import { startFileRemote } from '../fixtures/remotes/start-file-remote.ts'
import { taskOf, type Workshop, workshop } from '../fixtures/workshop.ts'
import type { Attack } from './attacks/attack.ts'
import { gatewayAttacks } from './attacks/gateway.ts'
import { kernelAttacks } from './attacks/kernel.ts'
import { PYTHON_LIB } from './attacks/python-lib.ts'

/** A table of attacks, and the engines to run it on: what is no engine's matter runs on the first one alone. */
const TABLES: readonly { readonly name: string; readonly attacks: readonly Attack[]; readonly each: boolean }[] = [
  { name: 'the gateway', attacks: gatewayAttacks, each: false },
  { name: 'the kernel and the worker', attacks: kernelAttacks, each: true },
]

const KEY = 'sk-canary-of-the-attacks-51c7'

const shellOf = ({ sh, python }: Attack): string =>
  python === undefined ? (sh ?? 'true') : `python3 - <<'THE_END'\n${PYTHON_LIB}\n${python}\nTHE_END`

const BIG_BYTES = 64 * 1024 * 1024
/** A database's files come and go while its supervisor works. */
const holdsKey = (path: string): boolean => {
  try {
    return statSync(path).size < BIG_BYTES && readFileSync(path).includes(KEY)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}
const withKey = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter(holdsKey)

const engines = rootfulEngines()

describe.each(TABLES)('$name', ({ attacks, each }) => {
  describe.each(each ? engines : engines.slice(0, 1))('on $name', ({ flag }) => {
    const shared = attacks.filter(({ ends }) => ends === undefined)
    const alone = attacks.filter(({ ends }) => ends !== undefined)
    let together: { readonly id: string; readonly ran: Ran } | undefined
    let shop: Workshop
    let remote: Remote
    /** What each attack printed, and the journal of its task. */
    const said = new Map<string, string>()
    let types: ReadonlySet<string> = new Set()
    const run = async (table: readonly Attack[]) => {
      shop.model.load({ key: KEY, steps: table.map((attack) => ({ shell: shellOf(attack) })) })
      const ran = await shop.b.run(['run', '--engine', flag, '--base-url', shop.model.url, '--repo', remote.url, 'go'])
      const id = taskOf(ran)
      const events = await shop.b.events(id)
      const outputs = events.flatMap((event) => (event.type === 'agent.tool.end' ? [event.output] : []))
      for (const [i, { name }] of table.entries()) said.set(name, outputs[i] ?? '')
      types = new Set(events.map(({ type }) => type))
      return { id, ran }
    }
    const check = (attack: Attack) => {
      const output = said.get(attack.name) ?? ''
      if (attack.prints !== undefined) expect(output).toMatch(attack.prints)
      if (attack.neverPrints !== undefined) expect(output).not.toMatch(attack.neverPrints)
      const { neverAsks } = attack
      if (neverAsks !== undefined)
        expect(shop.model.requests.map(({ path }) => path).filter((path) => neverAsks.test(path))).toEqual([])
      for (const type of attack.events ?? []) expect([...types]).toContain(type)
    }
    /** Whatever was tried: the key stayed outside, and every view of the task answers. */
    const checkAfter = async (id: string) => {
      expect([...said.values()].join('')).not.toContain(KEY)
      await shop.b.until(id, (event) => event.type === 'container.removed')
      expect(withKey(shop.b.home)).toEqual([])
      for (const args of [
        ['status', id],
        ['log', id],
        ['diff', id],
        ['ls', '-a'],
      ])
        expect([args, (await shop.b.run(args)).code]).toEqual([args, 0])
    }

    beforeAll(async () => {
      shop = await workshop(flag, { env: { OPENAI_API_KEY: KEY } })
      remote = await startFileRemote()
      if (shared.length > 0) together = await run(shared)
    })
    afterAll(async () => {
      await shop.close()
      await remote.close()
    })

    test.each(shared)('$name', (attack) => {
      expect(said.get(attack.name)).not.toBe('')
      check(attack)
    })
    test.skipIf(shared.length === 0)('after all of them the sandbox is usable, and nothing came out', async () => {
      expect(together?.ran.code).toBe(0)
      await checkAfter(together?.id ?? '')
    })

    test.each(alone)('$name', async (attack) => {
      const { id } = await run([attack])
      check(attack)
      expect(attack.ends).toContain((await shop.b.status(id)).state)
      await checkAfter(id)
      expect((await shop.b.run(['rm', '--force', id])).code).toBe(0)
    })
  })
})
