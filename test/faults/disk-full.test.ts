import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, rmSync, statfsSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { anyEngine, type TestEngine } from '../fixtures/engines.ts'
import { git } from '../fixtures/remotes/git.ts'
import { scene } from '../fixtures/whole/scene.ts'

const MIB = 1024 * 1024
const TOP_MS = 10

/** A scene with a small disk of its own under one folder of the state folder; what fills it is one file. */
const withSmallDisk = async (engine: TestEngine, under: string, mebibytes: number) => {
  const s = await scene(engine)
  const folder = join(s.b.home, under)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m,mode=0700`, 'tmpfs', folder])
  const filler = join(folder, 'filler')
  const unmount = () => execFileSync('umount', ['-l', folder])
  const top = (bytes: number) => {
    const { bavail, bsize } = statfsSync(folder)
    const size = Math.max(0, bavail * bsize - bytes)
    try {
      for (let at = 0; at < size; at += 16 * MIB)
        writeFileSync(filler, Buffer.alloc(Math.min(16 * MIB, size - at)), { flag: 'a' })
    } catch (error) {
      // Somebody else wrote meanwhile: it is full all the same.
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
    }
  }
  let topping: NodeJS.Timeout | undefined
  const free = () => {
    clearInterval(topping)
    rmSync(filler, { force: true })
  }
  return {
    s,
    /** Leaves so many bytes free; none stays none, whoever removes a file meanwhile. */
    fill(bytes: number) {
      free()
      top(bytes)
      if (bytes === 0) topping = setInterval(() => top(0), TOP_MS)
    },
    grow: (size: number) => execFileSync('mount', ['-o', `remount,size=${size}m`, folder]),
    free,
    async [Symbol.asyncDispose]() {
      free()
      await s.end()
      unmount()
      await s[Symbol.asyncDispose]()
    },
  }
}

describe.concurrent.each(anyEngine())('a disk without space on $name', (engine) => {
  test('under the state folder: a task is refused before there is one, with what to do', async () => {
    await using t = await withSmallDisk(engine, '.', 100)
    const ran = await t.s.b.run(['start', ...t.s.job, 'nothing'])
    expect(ran).toMatchObject({ code: 70, stdout: '' })
    expect(ran.stderr).toContain('MiB of disk space are left, and a task needs 256')
    expect(ran.stderr).toContain('berth prune')
    expect(await t.s.expectWhole()).toEqual([])
  })

  test('under journal and workspace, none at all: nothing is lost, and the turn goes on when there is', async () => {
    await using t = await withSmallDisk(engine, 'tasks', 400)
    const id = await t.s.start(['--provider-arg', 'lines=300'])
    await t.s.b.until(id, (event) => event.type === 'agent.output' && event.text.split('\n').includes('line 20'))
    t.fill(0)
    await t.s.containerEnded(id)
    expect((await t.s.b.status(id)).state).toBe('running')
    t.free()
    // Its worker could not commit, or the turn was stopped for the disk; it says so.
    await t.s.b.run(['wait', id])
    const [record] = await t.s.expectWhole()
    expect(record?.reason).toMatch(/space|disk|pushed/)
    const said = (await t.s.b.events(id)).flatMap((event) =>
      event.type === 'agent.output' ? event.text.split('\n') : [],
    )
    expect(said).toEqual(said.map((_, i) => `line ${i + 1}`))
    if (record?.state !== 'done') expect((await t.s.b.run(['resume', id])).code).toBe(0)
    expect((await t.s.b.run(['wait', id])).code).toBe(0)
    await t.s.expectWhole()
  })

  test('under the workspace, nearly none: the turn is stopped and says so, its work is kept, a resume goes on', async () => {
    await using t = await withSmallDisk(engine, 'tasks', 400)
    const id = await t.s.startHeld()
    t.fill(100 * MIB)
    await t.s.b.run(['wait', id])
    const [record] = await t.s.expectWhole()
    expect(record).toMatchObject({ state: 'failed', commits: [{ subject: 'nothing' }], pushed: null })
    expect(record?.reason).toContain('the disk is nearly full')
    t.free()
    t.s.letGo(id)
    expect((await t.s.b.run(['resume', id])).code).toBe(0)
    expect((await t.s.b.run(['wait', id])).code).toBe(0)
    await t.s.expectWhole()
  })

  test('under the database, in mid turn: the journal has all, and the turn goes on when there is', async () => {
    await using t = await withSmallDisk(engine, 'small', 8)
    symlinkSync(join(t.s.b.home, 'small', 'berth.db'), join(t.s.b.home, 'berth.db'))
    const id = await t.s.startHeld()
    t.fill(0)
    t.s.letGo(id)
    await t.s.containerEnded(id)
    t.free()
    await t.s.expectDone(id)
  })

  test('under the mirror: the task fails and says why, and a resume goes on when there is', async () => {
    await using t = await withSmallDisk(engine, 'mirrors', 2)
    const blob = git(t.s.remote.bare, ['hash-object', '-w', '--stdin'], { input: randomBytes(6 * MIB) })
    const tree = git(t.s.remote.bare, ['mktree'], { input: `100644 blob ${blob}\tlarge.bin\n` })
    const large = git(t.s.remote.bare, ['commit-tree', '-p', 'main', '-m', 'large', tree])
    git(t.s.remote.bare, ['update-ref', 'refs/heads/main', large])
    const id = await t.s.start()
    expect((await t.s.b.run(['wait', id])).code).toBe(1)
    const [record] = await t.s.expectWhole()
    expect(record).toMatchObject({ state: 'failed', pushed: null })
    expect(record?.reason).toContain('No space left on device')
    t.grow(64)
    expect((await t.s.b.run(['resume', id])).code).toBe(0)
    expect((await t.s.b.run(['wait', id])).code).toBe(0)
    await t.s.expectWhole()
  })
})
