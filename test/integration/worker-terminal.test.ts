import { expect, test } from 'vitest'
import { makeBerth, runWorker, sh } from './worker-harness.ts'

const terminal = { columns: 100, rows: 30, term: 'xterm-256color' }

test('the agent runs on a terminal of its own', async () => {
  using berth = makeBerth()
  const result = await runWorker(
    berth,
    berth.order({ ...sh('tty; stty size; echo "$TERM é"; echo no >&2; exit 7'), terminal }),
  )
  expect(result.out('t').toString()).toMatch(/^\/dev\/pts\/\d+\r\n30 100\r\nxterm-256color é\r\nno\r\n$/)
  expect([...new Set(result.frames.map(({ k }) => k))]).toEqual([
    'hello',
    'phase',
    'agent-start',
    'size',
    'out',
    'agent-end',
    'end',
  ])
  expect(result.get('size')).toMatchObject({ columns: 100, rows: 30 })
  expect([result.code, result.get('agent-end')]).toMatchObject([7, { code: 7, signal: null, end: 'exit', left: 0 }])
})
