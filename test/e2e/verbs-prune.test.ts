import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { PruneAnswer } from '../../src/api/answers.ts'
import { type Berth, berth } from '../fixtures/berth.ts'
import { rootfulEngines } from '../fixtures/engines.ts'
import { type ModelServer, startModelServer } from '../fixtures/model-server/start-model-server.ts'
import type { Remote } from '../fixtures/remotes/remote.ts'
import { startFileRemote } from '../fixtures/remotes/start-file-remote.ts'

describe.each(rootfulEngines().slice(0, 1))('prune on $name', ({ flag, endpoint }) => {
  let b: Berth
  let model: ModelServer
  let remote: Remote
  beforeAll(async () => {
    b = berth()
    model = await startModelServer()
    remote = await startFileRemote()
  })
  let left = ''
  afterAll(async () => {
    spawnSync('docker', ['--host', endpoint, 'rm', '-f', left])
    await b.close()
    await model.close()
    await remote.close()
  })
  const done = async (...args: readonly string[]) => {
    model.reset()
    model.load({ steps: [{ text: 'a', shell: 'echo one > one.txt' }, { text: 'end of it' }] })
    const where = ['--engine', flag, '--repo', remote.url, '--branch', 'main', '--base-url', model.url]
    const id = (await b.run(['start', ...where, ...args, 'work'])).stdout.trim()
    await b.run(['wait', id])
    return id
  }
  const has = (id: string, name = '') => existsSync(join(b.home, 'tasks', id, name))
  const prune = (...args: readonly string[]) => b.json<PruneAnswer>(['prune', ...args])
  const told = ({ pruned }: PruneAnswer) => pruned.map(({ kind, id }) => `${kind} ${id}`)

  test('pushed work goes, work that is nowhere else stays; a dry run touches nothing', async () => {
    const pushed = await done()
    const unpushed = await done('--push', 'none')
    const dirty = await done('--uncommitted', 'keep')
    const image = (await b.status(pushed)).image
    const labels = ['--label', 'berth.managed=true', '--label', `berth.task=${pushed}`]
    const name = `berth-left-${pushed}`
    left = name
    execFileSync('docker', ['--host', endpoint, 'create', '--name', name, ...labels, image, 'true'])

    const dry = await prune('--dry-run')
    expect(dry.kept.filter(({ id }) => id === pushed)).toEqual([])
    expect(told(dry)).toEqual([`container ${name}`, `workspace ${pushed}`])
    expect(dry.bytes).toBeGreaterThan(4096)
    expect(dry.kept).toEqual([
      { id: unpushed, why: 'its commits are not pushed' },
      { id: dirty, why: 'it has uncommitted changes' },
    ])
    expect(has(pushed, 'workspace')).toBe(true)

    const ran = await b.run(['prune'])
    expect(ran.stdout).toContain(`container ${name}\nworkspace ${pushed} `)
    expect(ran.stderr).toContain(`kept ${unpushed}: its commits are not pushed\n`)
    expect(execFileSync('docker', ['--host', endpoint, 'ps', '-aq', '--filter', `name=${name}`]).toString()).toBe('')
    expect([has(pushed, 'workspace'), has(unpushed, 'workspace'), has(dirty, 'workspace')]).toEqual([false, true, true])
    expect((await b.status(pushed)).archived).toBe(true)

    // Archives go by an age alone.
    expect(told(await prune())).toEqual([])
    expect(told(await prune('--older-than', '1h'))).toEqual([])
    expect(told(await prune('--older-than', '1ms'))).toEqual([`archive ${pushed}`])
    expect([has(pushed), has(unpushed), has(dirty)]).toEqual([false, true, true])

    expect(told(await prune('--state', 'failed', '--force'))).toEqual([])
    expect(told(await prune('--force')).sort()).toEqual([`workspace ${unpushed}`, `workspace ${dirty}`].sort())
    expect((await b.run(['prune', '--older-than', '7'])).code).toBe(2)
    expect((await b.run(['prune', '--state', 'running'])).code).toBe(2)
  })

  test('a budget: the oldest first, until the rest fits; then archives, and mirrors that nobody uses', async () => {
    await b.run(['rm', '--force', '--all', '--quiet'])
    const [one, two] = [await done(), await done()]
    const unpushed = await done('--push', 'none')
    const before = await prune('--dry-run', '--max-disk', '1t')
    expect(told(before)).toEqual([])
    const first = await prune('--max-disk', `${(before.left ?? 0) - 1}`)
    expect(told(first)).toEqual([`workspace ${one}`])
    expect([has(one, 'workspace'), has(two, 'workspace')]).toEqual([false, true])
    const small = await b.run(['prune', '--max-disk', '1k'])
    expect(small.stdout).toMatch(new RegExp(`archive ${one} .*\\nfreed .*\\n.* left, over 1 KiB\\n$`))
    expect(small.stderr).toContain(`kept ${unpushed}: its commits are not pushed`)
    expect([has(one), has(two, 'workspace'), has(unpushed, 'workspace')]).toEqual([false, false, true])

    const mirrors = () => readdirSync(join(b.home, 'mirrors'))
    expect(told(await prune('--max-disk', '1k'))).toEqual([`archive ${two}`])
    expect(mirrors()).toHaveLength(1)
    await b.run(['rm', '--force', unpushed])
    expect(told(await prune())).toEqual([])
    const [mirror] = mirrors()
    expect(told(await prune('--max-disk', '1k'))).toEqual([`mirror ${mirror}`])
    expect(mirrors()).toEqual([])
    expect((await b.run(['prune', '--max-disk', 'much'])).stderr).toContain('--max-disk: "much" is not a size')
  })

  test('a budget of the supervisor is kept by itself, and never at the cost of work', async () => {
    writeFileSync(join(b.home, 'config.toml'), 'disk-budget = "1k"')
    const unpushed = await done('--push', 'none')
    const pushed = await done()
    await b.until(pushed, (event) => event.type === 'task.archived')
    // The word comes first.
    while (has(pushed, 'workspace')) await sleep(20)
    expect([has(pushed, 'workspace'), has(unpushed, 'workspace')]).toEqual([false, true])
    const said = () =>
      readFileSync(join(b.home, 'supervisor.log'), 'utf8')
        .split('\n')
        .filter((line) => line.includes('the disk budget is passed') && line.includes(`workspace ${pushed}`))
    while (said().length === 0) await sleep(20)
    expect(said()[0]).toContain('"level":"warning"')
  })
})
