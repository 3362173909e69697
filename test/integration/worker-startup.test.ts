import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { WorkOrder } from '../../src/domain/worker-protocol.ts'
import { type Berth, makeBerth, putOrder, runWorker, sh, startWorker } from './worker-harness.ts'

const FILE = '.berth/startup'

const orderOf = (berth: Berth, text: string, agent = 'true', changes: Partial<WorkOrder> = {}): WorkOrder => {
  const file = berth.at('home', FILE)
  return berth.order(sh(agent), {
    startup: { argv: text.startsWith('#!') ? [file] : ['/bin/sh', file], path: FILE, text },
    ...changes,
  })
}

describe('a startup script', () => {
  test('runs in the work tree with the variables of the agent, which begins after it', async () => {
    using berth = makeBerth({ 'a.txt': 'one\n' })
    const text =
      'cat a.txt; echo "$BERTH_TASK $HOME"; echo oops >&2; mkdir -p ~/bin; echo made > ~/bin/tool; echo x > new.txt'
    const { code, frames, out, get } = await runWorker(berth, orderOf(berth, text, 'cat ~/bin/tool'))
    expect(code).toBe(0)
    expect(out('so').toString()).toBe(`one\n${berth.task} ${berth.at('home')}\n`)
    expect(out('se').toString()).toBe('oops\n')
    expect(out('o').toString()).toBe('made\n')
    expect(get('startup-end')).toMatchObject({ code: 0, signal: null })
    const phases = frames.flatMap((frame) => (frame.k === 'phase' ? [frame.phase] : []))
    expect(phases).toEqual(['clone', 'startup', 'agent', 'finish'])
    expect(get('work')).toMatchObject({ uncommitted: ['new.txt'], committed: true })
  })

  test('that names its interpreter is run by it', async () => {
    using berth = makeBerth()
    const { out } = await runWorker(berth, orderOf(berth, '#!/usr/bin/env -S sed -n 2p\nsecond line\n'))
    expect(out('so').toString()).toBe('second line\n')
    const none = await runWorker(berth, orderOf(berth, '#!/opt/nowhere/bash -e\necho a\n'))
    expect(none.code).toBe(125)
    expect(none.get('fail')).toMatchObject({
      stage: 'startup',
      message: expect.stringMatching(
        /startup: there is no such program \(ENOENT\); its first line is #!\/opt\/nowhere\/bash -e$/,
      ),
    })
  })

  test.each([
    ['echo one; echo two >&2; exit 3', 'the startup script ended with exit code 3; its last lines: ', 3],
    ['exit 7', 'the startup script ended with exit code 7', 7],
    ['kill -KILL $$', 'the startup script ended with the signal SIGKILL', null],
  ])('that fails lets no agent begin: %s', async (text, words, code) => {
    using berth = makeBerth()
    const result = await runWorker(berth, orderOf(berth, text, 'touch began'))
    expect(result.code).toBe(125)
    expect(result.get('startup-end')).toMatchObject({ code })
    expect(result.get('fail')).toMatchObject({ stage: 'startup', message: expect.stringContaining(words) })
    expect(result.get('agent-start')).toBeUndefined()
  })

  test('is ended at the limit of the turn, and by a stop, with all that it started', async () => {
    using berth = makeBerth()
    const hang = 'sleep 600 & echo ready; sleep 600'
    const limited = await runWorker(berth, {
      ...orderOf(berth, hang),
      limits: { turnMs: 300, outputBytes: 1_000_000, turnOf: 'task' },
    })
    expect(limited.get('agent-end')).toMatchObject({ end: 'task-limit' })
    expect(limited.get('agent-start')).toBeUndefined()
    putOrder(berth, orderOf(berth, hang))
    const worker = startWorker(berth)
    await worker.seen((frame) => frame.k === 'out' && 'd' in frame && frame.d.includes('ready'))
    worker.signal('SIGTERM')
    const stopped = await worker.end
    expect(stopped.code).toBe(143)
    expect(stopped.get('agent-end')).toMatchObject({ end: 'stopped' })
  })

  test('may leave a program in the background, which lives and may write until the turn is over', async () => {
    using berth = makeBerth()
    const text = '(while :; do echo beat; echo x >> beats; sleep 0.02; done) &\necho started'
    const agent =
      'was=$(wc -c < beats); until [ "$(wc -c < beats)" -gt "$((was + 20))" ]; do sleep 0.02; done; echo alive'
    const { code, out, get } = await runWorker(berth, orderOf(berth, text, agent))
    expect(code).toBe(0)
    expect(out('o').toString()).toBe('alive\n')
    expect(get('agent-end')?.left).toBeGreaterThan(0)
    expect(readFileSync(berth.at('work', 'beats'), 'utf8')).toMatch(/^(x\n)+$/)
  })
})
