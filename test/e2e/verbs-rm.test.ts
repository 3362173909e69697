import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Berth, berth } from '../fixtures/berth.ts'
import { rootfulEngines } from '../fixtures/engines.ts'
import type { Remote } from '../fixtures/remotes/remote.ts'
import { startFileRemote } from '../fixtures/remotes/start-file-remote.ts'

describe.each(rootfulEngines().slice(0, 1))('rm on $name', ({ flag, kind, endpoint }) => {
  let b: Berth
  let remote: Remote
  beforeAll(async () => {
    b = berth()
    remote = await startFileRemote()
  })
  afterAll(async () => {
    await b.close()
    await remote.close()
  })
  const done = async (...args: readonly string[]) => {
    const id = (await b.run(['start', '--engine', flag, '--agent', 'noop', ...args, 'nothing'])).stdout.trim()
    await b.run(['wait', id])
    await b.until(id, (event) => event.type === 'container.removed')
    return id
  }
  const has = (id: string) => existsSync(join(b.home, 'tasks', id))
  const repo = () => ['--repo', remote.url, '--branch', 'main', '-c', 'commit=made.txt']

  test('what is nowhere else stays, also in an archive; what is pushed, or nothing, goes', async () => {
    const unpushed = await done(...repo(), '--push', 'none')
    const dirty = await done(...repo(), '--uncommitted', 'keep')
    const loose = await done('-c', 'commit=made.txt')
    const pushed = await done(...repo())
    const idle = await done('--repo', remote.url, '--branch', 'main')
    const empty = await done()

    const refused = await b.run(['rm', unpushed])
    expect(refused).toMatchObject({ code: 2, stdout: '' })
    expect(refused.stderr).toContain(`${unpushed}: its commits are not pushed\n  \`berth push ${unpushed}\` publishes`)
    expect((await b.run(['rm', loose])).stderr).toContain(`The files are in ${join(b.home, 'tasks', loose)}`)
    expect((await b.run(['archive', unpushed])).code).toBe(0)
    expect((await b.run(['rm', unpushed])).stderr).toContain('its commits are not pushed')

    // One that has to stay keeps no other from going.
    const all = await b.run(['rm', '--all'])
    expect(all.code).toBe(2)
    expect(all.stdout.trimEnd().split('\n').sort()).toEqual([pushed, idle, empty].sort())
    for (const [id, why] of [
      [unpushed, 'its commits are not pushed'],
      [dirty, 'it has uncommitted changes'],
      [loose, 'its files exist nowhere else'],
    ] as const)
      expect(all.stderr).toContain(`${id}: ${why}`)
    expect([unpushed, dirty, loose, pushed, idle, empty].map(has)).toEqual([true, true, true, false, false, false])

    expect((await b.run(['push', unpushed])).code).toBe(0)
    expect((await b.run(['rm', unpushed])).stdout).toBe(`${unpushed}\n`)
    expect((await b.run(['rm', '--force', dirty, loose])).code).toBe(0)
    expect([unpushed, dirty, loose].map(has)).toEqual([false, false, false])
  })

  test('--force ends a task whose container is frozen, so that nothing in it answers or ends', async () => {
    const args = ['--engine', flag, '--agent', 'noop', '--no-repo', '--provider-arg', 'sleep=600', 'x']
    const id = (await b.run(['start', ...args])).stdout.trim()
    await b.until(id, (event) => event.type === 'agent.started')
    const cli = (...words: readonly string[]) =>
      execFileSync(kind, [kind === 'docker' ? '--host' : '--url', endpoint, ...words]).toString()
    cli('pause', `berth-${id}-1-1`)
    expect(await b.run(['rm', '--force', id])).toMatchObject({ code: 0, stdout: `${id}\n` })
    expect(has(id)).toBe(false)
    expect(cli('ps', '--all', '--quiet', '--filter', `name=berth-${id}`)).toBe('')
  })
})
