import { lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { expect, onTestFinished, test } from 'vitest'
import { temporaryFolder } from '../../../test/fixtures/temporary-folder.ts'
import type { Engine } from '../../engines/engine.ts'
import type { Plan } from '../../plan/plan.ts'
import { outOf } from '../../std/mounted-folder.ts'
import type { Deps } from '../deps.ts'
import type { LiveTask } from '../task/live-task.ts'
import { recordTurnEnd } from './record-turn-end.ts'

/** A turn whose container stays alive, with what an agent may have put into the exchange folder. */
const bench = () => {
  const folder = temporaryFolder('berth-turn-end-')
  onTestFinished(() => folder[Symbol.dispose]())
  const [exchange, outside] = [folder.at('exchange/1-1'), folder.at('outside')]
  for (const path of [`${exchange}/folder`, outside, folder.at('socket')]) mkdirSync(path, { recursive: true })
  writeFileSync(`${outside}/mine`, 'mine')
  writeFileSync(`${exchange}/folder/theirs`, 'theirs')
  writeFileSync(`${exchange}/order.json`, '{}')
  symlinkSync(outside, `${exchange}/link`)
  const plan = {
    ...{ turn: 1, attempt: 1, container: { name: 'c', labels: {} } },
    folders: { exchange, socket: folder.at('socket') },
    order: { run: null },
  } as unknown as Plan
  const events = [{ type: 'turn.planned', turn: 1, plan }]
  const live = {
    ...{ id: 't-one', folder: folder.path },
    record: {
      ...{ id: 't-one', title: '', state: 'done', repository: {}, container: { name: 'c' } },
      kept: { until: new Date(Date.now() + 3_600_000).toISOString(), frame: 9, since: 1 },
      turns: [{ turn: 1, startedAt: new Date().toISOString() }],
    },
    journal: { select: (...types: readonly string[]) => events.filter(({ type }) => types.includes(type)) },
  } as unknown as LiveTask
  const closed: string[] = []
  const deps = { egress: { close: async (id: string) => void closed.push(id) }, log: () => {} } as unknown as Deps
  const engine = { inspect: async () => ({ state: 'running' }) } as unknown as Engine
  return { input: { deps, live, plan, engine, taken: false }, exchange, outside, closed }
}

test('what lies in the exchange folder of a container that lives on is moved out as it is: nothing in it is removed', async () => {
  const { input, exchange, outside, closed } = bench()
  expect(await recordTurnEnd(input, new AbortController().signal)).toBe(true)
  expect([readdirSync(exchange), closed]).toEqual([[], ['t-one']])
  const out = readdirSync(outOf(exchange)).map((name) => `${outOf(exchange)}/${name}`)
  const kind = (path: string) => {
    const found = lstatSync(path)
    return found.isSymbolicLink() ? 'link' : found.isDirectory() ? `folder of ${readdirSync(path).join()}` : 'file'
  }
  expect(out.map(kind).toSorted()).toEqual(['file', 'folder of theirs', 'link'])
  expect(readFileSync(`${outside}/mine`, 'utf8')).toBe('mine')
})
