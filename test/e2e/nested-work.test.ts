import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { rootfulEngines } from '../fixtures/engines.ts'
import { git } from '../fixtures/remotes/git.ts'
import { workshopBench } from '../fixtures/workshop-bench.ts'

const COMMIT = 'c() { echo "$1" > "$1"; git add "$1"; git commit -qm "$1"; }'
const MADE = `${COMMIT}; git init -q -b main lib; (cd lib; c one; c two; echo loose > loose)`
/** Its objects have other names than those of the task's repository, so no bundle can hold them. */
const FOREIGN = `git init -q -b main --object-format=sha256 odd; (cd odd; ${COMMIT}; c mine)`

describe.each(rootfulEngines().slice(0, 1))('a repository inside the work folder, on $name', ({ flag }) => {
  const bench = workshopBench(flag)
  const run = async (shell: string, ...args: readonly string[]) => {
    const ran = await bench.job({
      args: ['--repo', bench.remote.url, ...args],
      shell,
      callerEnv: bench.remote.callerEnv,
    })
    return { ...ran, said: ran.stdout + ran.stderr }
  }
  const pushed = (id: string) => git(bench.remote.bare, ['ls-tree', '-r', '--name-only', `berth/${id}`]).split('\n')
  const workspace = (id: string) => join(bench.b.home, 'tasks', id, 'workspace')
  /** Why a prune leaves the task. */
  const pruneSays = async (id: string) => {
    const { kept, pruned } = await bench.b.json<Record<'kept' | 'pruned', { id: string; why: string }[]>>(['prune'])
    expect(pruned.map((one) => one.id)).not.toContain(id)
    return kept.find((one) => one.id === id)?.why ?? ''
  }

  test('that the agent made: its files are pushed as files, its commits are kept and named', async () => {
    const { id, code, said } = await run(MADE)
    expect([code, said]).toEqual([0, expect.stringContaining('not published: lib:main (2 commits)')])
    expect(pushed(id)).toEqual(expect.arrayContaining(['lib/loose', 'lib/one', 'lib/two']))
    expect((await bench.b.run(['status', id])).stdout).toContain('not published: lib:main (2 commits)')
    expect((await bench.b.run(['diff', id, '--branch', 'lib:main'])).stdout).toContain('+two')
    expect(await pruneSays(id)).toContain('lib:main (2 commits)')
    const refused = await bench.b.run(['rm', id])
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('lib:main (2 commits)')])
    // Its commits lie in what an archive keeps.
    expect((await bench.b.run(['archive', id])).code).toBe(0)
    expect(existsSync(workspace(id))).toBe(false)
    expect((await bench.b.run(['diff', id, '--branch', 'lib:main'])).stdout).toContain('+two')
    expect((await bench.b.run(['rm', id])).code).toBe(2)
    expect((await bench.b.run(['rm', '--force', id])).code).toBe(0)
  })

  test('that it cloned: no part of the commit, and what is its own there is kept and named', async () => {
    const { id, code, said } = await run(
      `git clone -q . clone; (cd clone; ${COMMIT}; c mine; echo loose > loose); echo own > own`,
    )
    expect([code, said]).toEqual([0, expect.stringContaining('clone is a clone of /work')])
    expect(said).toMatch(/not published: clone:\S+ \(1 commit\), clone:uncommitted/)
    expect(pushed(id).filter((path) => path.startsWith('clone'))).toEqual([])
    expect((await bench.b.run(['diff', id, '--branch', 'clone:uncommitted'])).stdout).toContain('+loose')
    expect(await pruneSays(id)).toContain('clone:uncommitted')
    expect((await bench.b.run(['rm', id])).code).toBe(2)
    expect((await bench.b.run(['rm', '--force', id])).code).toBe(0)
  })

  test('that lies in the workspace alone: archive, prune and rm refuse, and with --force it goes', async () => {
    const tasks = [await run(FOREIGN), await run(FOREIGN), await run(FOREIGN)].map(({ id, code, said }) => {
      expect([code, said]).toEqual([0, expect.stringContaining('only in the workspace: odd')])
      return id
    })
    const [archived = '', pruned = '', removed = ''] = tasks
    expect(pushed(archived)).toContain('odd/mine')
    for (const verb of ['archive', 'rm']) {
      const refused = await bench.b.run([verb, archived])
      expect([verb, refused.code, refused.stderr]).toEqual([verb, 2, expect.stringContaining('odd')])
    }
    expect(await pruneSays(pruned)).toContain('odd')
    expect(tasks.map((id) => readFileSync(join(workspace(id), 'odd/mine'), 'utf8'))).toEqual(tasks.map(() => 'mine\n'))
    expect((await bench.b.run(['rm', '--force', removed])).code).toBe(0)
    expect((await bench.b.run(['archive', '--force', archived])).code).toBe(0)
    expect((await bench.b.run(['prune', '--force'])).code).toBe(0)
    expect(tasks.filter((id) => existsSync(workspace(id)))).toEqual([])
  })

  test('with named pipes in it: refused by name, and nothing waits for them', async () => {
    const shell = `git init -q -b main lib; mkfifo lib/.gitignore lib/.git/info/alternates lib/.git/packed-refs
      git init -q --bare -b main /tmp/far; mkfifo /tmp/far/objects/info/alternates
      git init -q -b main borrows; echo /tmp/far/objects > borrows/.git/objects/info/alternates; echo made > made`
    const { id, code, said } = await run(shell)
    expect([code, said]).toEqual([1, expect.stringContaining('lib/.gitignore is a named pipe')])
    for (const path of ['lib/.git/packed-refs', '/tmp/far/objects/info/alternates'])
      expect(said).toContain(`${path} is a named pipe`)
    expect(await bench.b.run(['archive', id])).toMatchObject({ code: 2, stderr: expect.stringContaining('is only in') })
    expect((await bench.b.run(['rm', id])).code).toBe(2)
    expect(readFileSync(join(workspace(id), 'made'), 'utf8')).toBe('made\n')
    expect((await bench.b.run(['rm', '--force', id])).code).toBe(0)
  })
  test('whose neighbours git could not take: the files lie in the workspace alone, and that is counted', async () => {
    const block =
      'mkdir old; for i in $(seq 0 255); do at=$(printf %02x $i); mv .git/objects/$at old; : > .git/objects/$at; done'
    const { id, said } = await run(`echo lost > lost; ${block} 2>/dev/null; mv old /tmp`)
    expect(said).toContain('added the uncommitted files')
    const refused = await bench.b.run(['archive', id])
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('uncommitted files')])
    expect(await pruneSays(id)).toContain('uncommitted')
    expect(readFileSync(join(workspace(id), 'lost'), 'utf8')).toBe('lost\n')
    expect((await bench.b.run(['archive', '--force', id])).code).toBe(0)
  })
})
