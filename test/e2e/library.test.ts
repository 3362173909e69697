import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Berth, Event, LaunchOptions } from '../../src/index.ts'
import { anyEngine } from '../fixtures/engines.ts'
import { libraryIn } from '../fixtures/library.ts'
import { git } from '../fixtures/remotes/git.ts'
import { testBench } from '../fixtures/test-bench.ts'

/** What an aborted or refused call ends with. */
const errorOf = (call: Promise<unknown>) =>
  call.then(
    () => expect.fail('the call did not fail'),
    (error: { readonly name: string; readonly code: string; readonly hint: string; readonly message: string }) => error,
  )

describe.each(anyEngine())('the library on $name', ({ flag }) => {
  const t = testBench('test')
  const library = libraryIn(() => t.b)

  const job = (more: Partial<LaunchOptions> = {}): LaunchOptions => ({
    ...{ repo: t.remote.url, branch: 'main', agent: 'noop', prompt: 'do the work', engine: flag },
    ...more,
  })
  /** A task whose agent waits until somebody writes the file. */
  const waiting = async (b: Berth, more: Readonly<Record<string, string>> = {}) => {
    const task = await b.launch(job({ providerArg: { wait: 'go', ...more } }))
    await t.b.until(task.id, (event) => event.type === 'agent.output' && event.text.includes('waiting'))
    const go = () => t.b.run(['exec', task.id, '--', 'touch', '/work/go'])
    return { task, go }
  }

  test('a launch must do what the command does, from the prompt to the pushed branch', async () => {
    await using b = await library.berth()
    const task = await b.launch(job({ providerArg: { commit: 'new.txt' }, label: { batch: '7' }, turnTimeout: '10m' }))
    const outcome = await task.wait()
    expect(outcome).toMatchObject({ result: 'done', class: 'ok', exitCode: 0 })

    const record = await t.b.status(task.id)
    expect(record).toEqual(await task.status())
    expect(record).toMatchObject({ state: 'done', labels: { batch: '7' }, provider: { id: 'noop' }, outcome })
    expect(record.pushed).toMatchObject({ branch: `berth/${task.id}` })
    expect(git(t.remote.bare, ['show', `berth/${task.id}:new.txt`])).toBe('noop')
    expect(await task.diff()).toContain('+noop')
    expect(await task.diff({ names: true })).toBe('new.txt\n')
  })

  test('events must go on behind the last one over a killed supervisor', async () => {
    await using b = await library.berth()
    const { task, go } = await waiting(b)
    const first = await t.b.supervisor()
    const seen: Event[] = []
    for await (const event of task.events({ after: 0 })) {
      seen.push(event)
      if (event.type !== 'agent.output' || !event.text.includes('waiting')) continue
      process.kill(first ?? 0, 'SIGKILL')
      await go()
    }
    expect(seen.map(({ seq }) => seq)).toEqual(seen.map((_, i) => i + 1))
    expect(seen.at(-1)).toMatchObject({ type: 'turn.ended', outcome: { result: 'done' } })
    expect(await t.b.supervisor()).not.toBe(first)
    expect(await task.wait()).toMatchObject({ result: 'done' })
  })

  test('an aborted call must end with a typed error, and the task goes on', async () => {
    await using b = await library.berth()
    const { task, go } = await waiting(b)
    const stop = new AbortController()
    const reading = (async () => {
      for await (const event of task.events({ signal: stop.signal })) if (event.type === 'agent.started') stop.abort()
    })()
    expect(await errorOf(reading)).toMatchObject({ name: 'BerthError', code: 'aborted' })
    expect(await errorOf(task.wait({ signal: stop.signal }))).toBeInstanceOf(library.BerthError)
    const soon = AbortSignal.timeout(20)
    expect(await errorOf(task.wait({ signal: soon }))).toMatchObject({ code: 'aborted', cause: soon.reason })

    expect((await t.b.status(task.id)).state).toBe('running')
    await go()
    expect(await task.wait()).toMatchObject({ result: 'done' })
  })

  test('a disposed client must refuse calls, and its tasks go on', async () => {
    const b = await library.berth()
    const { task, go } = await waiting(b)
    const waits = errorOf(task.wait())
    await b[Symbol.asyncDispose]()
    expect(await waits).toMatchObject({ code: 'client-closed' })
    expect(await errorOf(b.list())).toMatchObject({ code: 'client-closed', hint: expect.stringContaining('berth()') })
    expect(await errorOf(task.send('more'))).toMatchObject({ code: 'client-closed' })

    expect((await t.b.status(task.id)).state).toBe('running')
    await go()
    expect((await t.b.run(['wait', task.id])).code).toBe(0)
  })

  test('further turns, a fork and a stop must each tell their own outcome', async () => {
    await using b = await library.berth()
    const task = await b.launch(job({ providerArg: { commit: 'a.txt' }, label: { set: 'one' } }))
    const { turn } = await task.send('and again')
    expect(await task.wait({ turn: 1 })).toMatchObject({ result: 'done' })
    expect([turn, await task.wait({ turn })]).toMatchObject([2, { result: 'done' }])
    const fork = await task.fork({ turn: 1, prompt: 'another way' })
    expect(await fork.wait()).toMatchObject({ result: 'done' })
    expect(git(t.remote.bare, ['show', `berth/${fork.id}:a.txt`])).toBe('noop\nnoop')

    const { task: long } = await waiting(b)
    expect(await long.stop({ now: true })).toMatchObject({ state: 'stopped' })
    expect(await long.wait()).toMatchObject({ result: 'stopped', class: 'stopped' })
    expect(await long.resume()).toEqual({ turn: 1 })
    await long.stop({ now: true })
    const listed = await b.list({ all: true, labels: { set: 'one' } })
    expect(listed.map(({ id }) => id).sort()).toEqual([task.id, fork.id].sort())
    const { pruned, kept } = await b.cleanup({ labels: { set: 'one' } })
    expect(pruned.flatMap(({ kind, id }) => (kind === 'workspace' ? [id] : [])).sort()).toEqual(
      [task.id, fork.id].sort(),
    )
    expect(kept).toEqual([])
    expect((await b.task(long.id)).record).toMatchObject({ state: 'stopped', archived: false })
  })

  test('a program must end by itself with a task under way, from CommonJS and from a module', async () => {
    const modules = join(t.b.folder, 'node_modules')
    mkdirSync(modules)
    symlinkSync(join(import.meta.dirname, '../..'), join(modules, 'berth-agents'))
    const asked = JSON.stringify(job({ providerArg: { wait: 'go' } }))
    const work = `const b = await berth()
      const task = await b.launch(${asked})
      await task.events().next()
      console.log(task.id)`
    writeFileSync(
      join(t.b.folder, 'plain.cjs'),
      `void (async () => { const { berth } = await import('berth-agents'); ${work} })()`,
    )
    writeFileSync(join(t.b.folder, 'module.mjs'), `import { berth } from 'berth-agents'\n${work}`)
    for (const file of ['plain.cjs', 'module.mjs']) {
      const ran = await t.b.run([file], { program: process.execPath })
      expect(ran).toMatchObject({ code: 0, stderr: '' })
      expect((await t.b.status(ran.stdout.trim())).outcome).toBeNull()
    }
  })

  test('a refused launch must tell code and hint of the table, and create nothing', async () => {
    await using b = await library.berth()
    const error = await errorOf(b.launch(job({ agent: 'nobody' })))
    expect(error).toMatchObject({ name: 'BerthError', code: 'unknown-provider' })
    expect(error).toBeInstanceOf(library.BerthError)
    expect(error.hint).not.toBe('')
    expect(await b.list({ all: true })).toEqual([])
  })
})
