import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { BUNDLE_FILE } from '../../domain/worker-protocol.ts'
import type { Git } from '../../git/git.ts'
import type { Plan } from '../../plan/plan.ts'
import { workTaker } from './take-work.ts'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

/** A git that takes the text of a bundle as the name of its head, and refuses `bad`. */
const setUp = () => {
  const folder = mkdtempSync(join(tmpdir(), 'take-work-'))
  folders.push(folder)
  const exchange = join(folder, 'exchange')
  mkdirSync(exchange)
  const heads: string[] = []
  const git: Pick<Git, 'take' | 'takeLfs'> = {
    takeLfs: async () => {},
    take: async ({ bundle }) => {
      const head = readFileSync(bundle, 'utf8')
      heads.push(head)
      if (head === 'bad') throw new Error('refused')
      return { head, wip: null, branches: [], others: [], commits: [], descends: true }
    },
  }
  const source = { kind: 'clone', mirror: '/mirror', sha: 'base' }
  const plan = {
    turn: 1,
    attempt: 1,
    source,
    folders: { exchange, publish: join(folder, 'publish') },
    order: {},
  } as unknown as Plan
  const taker = workTaker({ git, folder, plan, signal: new AbortController().signal })
  const bundle = join(exchange, BUNDLE_FILE)
  const kept = () => readdirSync(join(folder, 'bundles'))
  return { taker, heads, bundle, kept, write: (text: string) => writeFileSync(bundle, text) }
}

describe('workTaker', () => {
  test('takes once where the bundle stays as it was told', async () => {
    const { taker, heads, write } = setUp()
    write('one')
    taker.begin()
    taker.begin()
    expect((await taker.taken())?.head).toBe('one')
    expect(heads).toEqual(['one'])
  })

  test.each([
    ['written again', (bundle: string) => writeFileSync(bundle, 'two')],
    [
      'replaced',
      (bundle: string) => {
        rmSync(bundle)
        writeFileSync(bundle, 'two')
      },
    ],
  ])('a bundle that is %s after a forged word is taken again', async (_, change) => {
    const { taker, heads, bundle, write } = setUp()
    write('one')
    taker.begin()
    await taker[Symbol.asyncDispose]()
    change(bundle)
    expect((await taker.taken())?.head).toBe('two')
    expect(heads).toEqual(['one', 'two'])
  })

  test('a bundle that is gone after a forged word is no work', async () => {
    const { taker, bundle, write } = setUp()
    write('one')
    taker.begin()
    await taker[Symbol.asyncDispose]()
    rmSync(bundle)
    expect(await taker.taken()).toBeNull()
  })

  test.each(['one', 'bad'])('no copy of the bundle "%s" stays, taken or refused', async (text) => {
    const { taker, write, kept } = setUp()
    write(text)
    await taker.taken().catch(() => {})
    expect(kept()).toEqual([])
  })

  test('a word before there is a bundle costs nothing', async () => {
    const { taker, heads, write } = setUp()
    taker.begin()
    await taker[Symbol.asyncDispose]()
    write('one')
    expect((await taker.taken())?.head).toBe('one')
    expect(heads).toEqual(['one'])
  })

  test('what was refused early is refused with its reason at the end, and taken where it is good by then', async () => {
    const first = setUp()
    first.write('bad')
    first.taker.begin()
    await expect(first.taker.taken()).rejects.toThrow('refused')
    const second = setUp()
    second.write('bad')
    second.taker.begin()
    await second.taker[Symbol.asyncDispose]()
    second.write('good')
    expect((await second.taker.taken())?.head).toBe('good')
  })
})
