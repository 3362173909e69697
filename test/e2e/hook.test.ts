import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { TaskRecord } from '../../src/domain/task.ts'
import { type Berth, berth } from '../fixtures/berth.ts'
import { rootfulEngines } from '../fixtures/engines.ts'
import { WAIT_MS } from '../fixtures/wait-ms.ts'

type Told = {
  readonly id: string
  readonly state: string
  readonly before: string | null
  readonly record: TaskRecord
}

describe.each(rootfulEngines().slice(0, 1))('the hook on $name', ({ flag }) => {
  let b: Berth
  beforeEach(() => {
    b = berth({ env: { A_TOKEN: 'a-secret-of-the-test' } })
  })
  afterEach(() => b.close())

  const script = (body: string): string => {
    const path = join(b.folder, 'hook.sh')
    writeFileSync(path, `#!/bin/sh\n${body}\n`, { mode: 0o755 })
    return path
  }
  const configure = (argv: readonly string[], ...more: readonly string[]) => {
    mkdirSync(b.home, { recursive: true })
    writeFileSync(join(b.home, 'config.toml'), [`hook = ${JSON.stringify(argv)}`, ...more].join('\n'))
  }
  const start = async (...args: readonly string[]) => {
    const ran = await b.run(['start', '--engine', flag, '--agent', 'noop', '--no-repo', ...args])
    expect(ran.stderr).toBe('')
    return ran.stdout.trim()
  }
  const text = (name: string) => {
    const path = join(b.folder, name)
    return existsSync(path) ? readFileSync(path, 'utf8') : ''
  }
  const lines = (name: string) => text(name).split('\n').slice(0, -1)
  const told = () => lines('told').map((line) => JSON.parse(line) as Told)
  const logged = () => lines('home/supervisor.log').filter((line) => line.includes('"msg":"hook"'))
  const isGone = async (pid: number) => {
    for (const end = Date.now() + WAIT_MS; Date.now() < end; await sleep(20))
      if (!existsSync(`/proc/${pid}/exe`)) return
    throw new Error(`process ${pid} is still there`)
  }
  const comes = async (name: string) => {
    for (const end = Date.now() + WAIT_MS; Date.now() < end; await sleep(20)) if (lines(name).length > 0) return
    throw new Error(`${name} did not come: ${text(name)}`)
  }

  test('is told each state it is for, in order, with the record of then, and nothing of the shell that asked', async () => {
    const hook = script(`cat >> "$1"; { env | sort | tr '\\n' ';'; echo; } >> "$2"; echo "$3" > "$1.args"`)
    const states = ['queued', 'running', 'done']
    const odd = 'a b; $(touch x) `touch y`'
    configure([hook, join(b.folder, 'told'), join(b.folder, 'env'), odd], `hook-on = ${JSON.stringify(states)}`)
    const id = await start(
      '--title',
      'say a-secret-of-the-test',
      '--operator-contact',
      'ann',
      '--env',
      'A_TOKEN',
      '--label',
      'l=1',
      'nothing',
    )
    await b.run(['wait', id])
    await b.until(id, (event) => event.type === 'hook.ran' && event.state === 'done')

    expect(told().map(({ state, before }) => [before, state])).toEqual([
      [null, 'queued'],
      ['queued', 'running'],
      ['running', 'done'],
    ])
    expect(told().map(({ record }) => record.state)).toEqual(states)
    expect(told()[2]).toMatchObject({ task: id, record: { id, labels: { l: '1' }, outcome: { result: 'done' } } })
    expect(told()[2]?.record.title).toBe('say ***')
    expect(readFileSync(join(b.folder, 'told.args'), 'utf8')).toBe(`${odd}\n`)
    const environment = lines('env')[2] ?? ''
    for (const part of [
      `BERTH_TASK=${id}`,
      'BERTH_STATE=done',
      'BERTH_OPERATOR_CONTACT=ann',
      'BERTH_TITLE=say ***',
      `BERTH_HOME=${b.home}`,
    ])
      expect(environment).toContain(`${part};`)
    expect(environment).toContain(`BERTH_EVENT=${told()[2]?.id};`)
    expect(environment).not.toMatch(/OPENAI|A_TOKEN|secret|GIT_/)

    const events = await b.events(id)
    const dues = events.flatMap((event) => (event.type === 'hook.due' ? [event.seq] : []))
    expect(events.flatMap((event) => (event.type === 'hook.ran' ? [event.due] : []))).toEqual(dues)
    expect(told().map((one) => one.id)).toEqual(dues.map((seq) => `${id}:${seq}`))
    expect(await b.status(id)).not.toHaveProperty('hooksDue')
  })

  test('that fails, is missing or takes too long is a notice and a line in the log; the task is done', async () => {
    configure([script('echo "no such channel" >&2; exit 3')])
    const failed = await start('nothing')
    await b.until(failed, (event) => event.type === 'hook.ran')
    expect(await b.status(failed)).toMatchObject({
      state: 'done',
      warnings: ['the hook for done failed: exit code 3: no such channel'],
    })
    expect((await b.run(['log', failed])).stdout).toContain('! warning: the hook for done failed: exit code 3')
    expect(logged()[0]).toContain('exit code 3: no such channel')

    // Read again without a restart.
    configure([join(b.folder, 'none.sh')])
    const missing = await start('nothing')
    await b.until(missing, (event) => event.type === 'hook.ran')
    expect((await b.status(missing)).warnings[0]).toContain('none.sh')

    const slow = script(
      `sleep 600 & echo $! > "${join(b.folder, 'child')}"; echo $$ > "${join(b.folder, 'pid')}"; wait`,
    )
    configure([slow], 'hook-timeout = "500ms"')
    const late = await start('nothing')
    await b.until(late, (event) => event.type === 'hook.ran')
    expect((await b.status(late)).warnings).toEqual(['the hook for done failed: Berth killed it after 500 ms'])
    for (const name of ['pid', 'child']) await isGone(Number(lines(name)[0]))
  })

  test('dies with its supervisor, and is told again by the next one, under the same number', async () => {
    const hang = script(
      `cat >> "$1"; if [ -e "$1.once" ]; then read -r line < "$1.go"; else echo $$ > "$1.once"; exec sleep 600; fi`,
    )
    configure([hang, join(b.folder, 'told')])
    execFileSync('mkfifo', [join(b.folder, 'told.go')])
    const id = await start('nothing')
    await b.run(['wait', id])
    await comes('told.once')
    process.kill((await b.supervisor()) ?? 0, 'SIGKILL')
    await isGone(Number(lines('told.once')[0]))
    expect((await b.status(id)).hooksDue).toHaveLength(1)
    writeFileSync(join(b.folder, 'told.go'), 'go\n')
    await b.until(id, (event) => event.type === 'hook.ran')
    const numbers = told().map((one) => one.id)
    expect(numbers).toHaveLength(2)
    expect(new Set(numbers).size).toBe(1)
    expect((await b.events(id)).filter((event) => event.type === 'hook.ran')).toHaveLength(1)
  })

  test('is told of a task that is removed while it runs', async () => {
    const slow = script(`echo begun > "$1.begun"; read -r line < "$1.go"; cat >> "$1"`)
    configure([slow, join(b.folder, 'told')])
    execFileSync('mkfifo', [join(b.folder, 'told.go')])
    const id = await start('nothing')
    await comes('told.begun')
    expect((await b.run(['rm', id])).code).toBe(0)
    writeFileSync(join(b.folder, 'told.go'), 'go\n')
    await comes('told')
    expect(told()).toMatchObject([{ task: id, state: 'done' }])
  })

  test('a mistake in its setting is said before a task is made', async () => {
    configure(['notify', 'me'])
    const ran = await b.run(['start', '--engine', flag, '--agent', 'noop', 'nothing'])
    expect(ran.code).toBe(2)
    expect(ran.stderr).toContain('config.toml:1: hook: "notify" is not the absolute path of a program')
    expect((await b.json<{ tasks: [] }>(['ls', '-a'])).tasks).toEqual([])
  })
})
