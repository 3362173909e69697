import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Event } from '../../src/domain/event.ts'
import { anyEngine, TEST_ALL } from '../fixtures/engines.ts'
import { git } from '../fixtures/remotes/git.ts'
import type { Remote } from '../fixtures/remotes/remote.ts'
import { moveAtPush, refusePushes } from '../fixtures/remotes/remote-hooks.ts'
import { startFileRemote } from '../fixtures/remotes/start-file-remote.ts'
import { workshopBench } from '../fixtures/workshop-bench.ts'

const WORK = `pwd; ls
echo app > project/made.txt; echo lib > vendor/made.txt
git -C vendor fetch origin main && git -C vendor remote -v`

const ofType = (events: readonly Event[], type: Event['type']) => events.filter((event) => event.type === type)

describe.each(anyEngine())('several repositories in a task, on $name', ({ flag }) => {
  const t = workshopBench(flag)
  let lib: Remote
  beforeAll(async () => {
    lib = await startFileRemote()
  })
  afterAll(() => lib.close())

  test('must each be cloned, committed and pushed by itself, and one that refuses the push must be named', async () => {
    const refused = refusePushes(lib.bare, 'closed for today')
    const repositories = ['--repo', t.remote.url, '--branch', 'main', '--repo', `${lib.url}:vendor`]
    const ran = await t.job({ args: repositories, shell: WORK })
    expect(ran).toMatchObject({ code: 7, id: expect.stringMatching(/^t-/) })
    const branch = `berth/${ran.id}`
    const show = (bare: string) => git(bare, ['show', `${branch}:made.txt`])
    expect(await t.b.status(ran.id)).toMatchObject({
      state: 'failed',
      outcome: { class: 'push', reason: expect.stringMatching(/project.*vendor.*closed for today/s) },
      repository: { folder: 'project' },
      pushed: { branch },
      further: { vendor: { repository: { url: lib.url }, pushed: null } },
    })
    expect(show(t.remote.bare)).toBe('app')
    const events = await t.b.events(ran.id)
    expect(JSON.stringify(ofType(events, 'agent.tool.end'))).toContain('/work\\nproject\\nvendor\\n')
    expect(ofType(events, 'work.kept')).toMatchObject([{ committed: true }, { repository: 'vendor', committed: true }])
    expect((await t.b.run(['status', ran.id])).stdout).toMatch(/^repository vendor: .*[\s\S]*^push .*closed for today/m)
    expect((await t.b.run(['diff', '--name-only', ran.id])).stdout).toBe('project/made.txt\nvendor/made.txt\n')
    expect((await t.b.run(['diff', ran.id])).stdout).toContain('diff --git a/vendor/made.txt b/vendor/made.txt\n')
    const part = await t.b.run(['diff', ran.id, '--repository', 'vendor'])
    expect(part.stdout).toMatch(/^diff --git a\/made.txt b\/made.txt\n/)
    expect(await t.b.run(['rm', ran.id])).toMatchObject({
      stderr: expect.stringContaining('vendor: its commits are not'),
    })

    refused.remove()
    expect(await t.b.run(['push', ran.id])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/ \(project\)\n.* \(vendor\)\n$/),
    })
    expect(show(lib.bare)).toBe('lib')
    expect(await t.b.status(ran.id)).toMatchObject({ state: 'done', further: { vendor: { pushed: { branch } } } })
    const pushes = ofType(await t.b.events(ran.id), 'work.pushed')
    expect(pushes.map((event) => 'repository' in event && event.repository)).toEqual([false, 'vendor'])

    const clone = join(t.b.home, 'clone')
    git(t.b.home, ['clone', '--quiet', '--branch', 'main', lib.url, clone])
    expect(await t.b.run(['checkout', ran.id], { cwd: clone })).toMatchObject({ code: 0, stdout: `${branch}\n` })
    expect(readFileSync(join(clone, 'made.txt'), 'utf8')).toBe('lib\n')
    expect(await t.b.run(['rm', ran.id])).toMatchObject({ code: 0, stderr: '' })
    expect(existsSync(join(t.b.home, 'tasks', ran.id))).toBe(false)
  })

  test.skipIf(!TEST_ALL)('a further turn and a lost race are of each repository by itself', async () => {
    const names = ['--repo', t.remote.url, '--branch', 'main', '--repo', `${lib.url}:vendor`, '--push-to', 'main']
    const shell = 'echo a1 > project/a.txt; echo v1 > vendor/v.txt'
    const moved = moveAtPush(lib.bare, 'main', 1)
    const ran = await t.job({ args: names, shell })
    moved.remove()
    expect(ran).toMatchObject({ code: 0 })
    expect(await t.b.status(ran.id)).toMatchObject({ state: 'done', reason: 'pushed main to project and vendor' })
    const files = (bare: string) => git(bare, ['ls-tree', '--name-only', 'main']).split('\n')
    expect(files(lib.bare)).toEqual(expect.arrayContaining(['theirs-1.txt', 'v.txt']))
    expect(files(t.remote.bare)).toEqual(expect.arrayContaining(['a.txt']))
    const events = await t.b.events(ran.id)
    expect(ofType(events, 'push.raced')).toMatchObject([{ repository: 'vendor' }])
    expect(ofType(events, 'work.rebased')).toMatchObject([{ repository: 'vendor' }])
    expect(ofType(events, 'workspace.moved')).toMatchObject([{ repository: 'vendor' }])

    t.model.load({ steps: [{ text: 'b', shell: 'ls vendor; echo v2 > vendor/v.txt' }, { text: 'done' }] })
    expect(await t.b.run(['send', '-f', ran.id, 'more'])).toMatchObject({ code: 0 })
    expect(git(lib.bare, ['show', 'main:v.txt'])).toBe('v2')
    const second = (await t.b.events(ran.id)).filter((event) => 'turn' in event && event.turn === 2)
    expect(JSON.stringify(ofType(second, 'agent.tool.end'))).toContain('theirs-1.txt')
    expect((await t.b.run(['diff', ran.id, '--turn', '2', '--name-only'])).stdout).toBe('vendor/v.txt\n')
    expect(await t.b.run(['archive', ran.id])).toMatchObject({ code: 0 })
    expect(await t.b.run(['rm', ran.id])).toMatchObject({ code: 0 })
  })
})
