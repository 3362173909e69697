import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { type Berth, berth } from '../fixtures/berth.ts'
import { testEngines } from '../fixtures/engines.ts'

const LIMIT = '/proc/sys/fs/inotify/max_user_instances'
const docker = testEngines().filter(({ name }) => name === 'docker')

type Doctor = {
  readonly engines: readonly { readonly kind: string; readonly version: string }[]
  readonly checks: readonly { readonly name: string; readonly ok: boolean; readonly fix: string | null }[]
}

describe.runIf(process.getuid?.() === 0).each(docker)('doctor and a kernel that lets $name watch', ({ endpoint }) => {
  const made: Berth[] = []
  afterAll(() => Promise.all(made.map((b) => b.close())))
  const where = (limit: number) => {
    const b = berth({ files: { [LIMIT]: `${limit}\n` }, env: { DOCKER_HOST: endpoint } })
    made.push(b)
    return b
  }
  /** Docker 23 and newer needs nothing of it. */
  const rows = async (b: Berth) => {
    const { engines, checks } = await b.json<Doctor>(['doctor'])
    const version = engines.find(({ kind }) => kind === 'docker')?.version ?? ''
    return { asks: Number.parseInt(version, 10) < 23, rows: checks.filter(({ name }) => name === 'inotify') }
  }

  test('the logs of few tasks: it says so with the command that mends it, and a task may be run', async () => {
    const b = where(128)
    const { asks, rows: found } = await rows(b)
    expect(found).toHaveLength(asks ? 1 : 0)
    const { code, stdout } = await b.run(['doctor'])
    expect(code, stdout).toBe(0)
    expect(stdout.includes('`sudo sysctl -w fs.inotify.max_user_instances=1024`')).toBe(asks)
    for (const row of found) expect(row.ok).toBe(false)
  })

  test('the logs of many: all is well', async () => {
    const { asks, rows: found } = await rows(where(1024))
    expect(found).toHaveLength(asks ? 1 : 0)
    for (const row of found) expect(row).toMatchObject({ ok: true, fix: null })
  })
})

test.runIf(process.getuid?.() === 0)(
  'trash that cannot be deleted is listed with what to do, until it can be',
  async () => {
    const b = berth()
    await b.run(['ls'])
    const held = join(b.home, 'trash-t-0held/held')
    mkdirSync(held, { recursive: true })
    const trash = async () => (await b.json<Doctor>(['doctor'])).checks.filter(({ name }) => name === 'trash')
    execFileSync('mount', ['--bind', held, held])
    try {
      const tried = await b.run(['prune'])
      expect(tried.stdout + tried.stderr).toContain('trash-t-0held')
      expect(await trash()).toEqual([
        expect.objectContaining({ ok: false, fix: expect.stringContaining('berth prune') }),
      ])
    } finally {
      execFileSync('umount', [held])
    }
    expect((await b.run(['prune'])).code).toBe(0)
    expect(await trash()).toEqual([])
    await b.close()
  },
)
