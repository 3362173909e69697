import { describe, expect, test } from 'vitest'
import { rootfulEngines } from '../fixtures/engines.ts'
import { git } from '../fixtures/remotes/git.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'
import { workshopBench } from '../fixtures/workshop-bench.ts'

const COMMIT = 'c() { echo "$1" > "$1"; git add "$1"; git commit -qm "$1"; }'

describe.each(rootfulEngines().slice(0, 1))('work that is not where HEAD is, on $name', ({ flag }) => {
  const bench = workshopBench(flag)

  test('commits on another branch are named with the command that takes them, and rm asks first', async () => {
    const shell = `${COMMIT}; git switch -qc side; c one; c two; git switch -q -; echo x >> README.md; git stash -q`
    const ran = await bench.job({ args: ['--repo', bench.remote.url], shell, callerEnv: bench.remote.callerEnv })
    expect(ran).toMatchObject({ code: 0 })
    const said = ran.stdout + ran.stderr
    expect(said).toContain('not published: side (2 commits), stash@{0}')
    expect(said).toContain(`berth diff ${ran.id} --branch side`)
    expect(said).toContain('nothing to push, but new work on side (2 commits)')
    expect(git(bench.remote.bare, ['branch', '--list', 'berth/*'])).toBe('')
    expect((await bench.b.run(['status', ran.id])).stdout).toContain('not published: side (2 commits), stash@{0}')
    const own = await bench.b.run(['diff', ran.id])
    expect(own.stdout).toBe('')
    expect(own.stderr).toContain('not published: side')
    expect((await bench.b.run(['diff', ran.id, '--branch', 'side'])).stdout).toContain('+two')
    expect((await bench.b.run(['diff', ran.id, '--branch', 'stash@{0}'])).stdout).toContain('+x')
    expect(await bench.b.run(['diff', ran.id, '--branch', 'none'])).toMatchObject({ code: 2 })
    using folder = temporaryFolder()
    git('/', ['clone', '--quiet', bench.remote.bare, folder.at('w')])
    const taken = await bench.b.run(['checkout', ran.id, '--branch', 'side'], { cwd: folder.at('w') })
    expect(taken).toMatchObject({ code: 0, stdout: `berth/${ran.id}-side\n` })
    expect(git(folder.at('w'), ['log', '-2', '--format=%s'])).toBe('two\none')
    const refused = await bench.b.run(['rm', ran.id])
    expect(refused.stderr).toContain('it has work that is not pushed: side (2 commits), stash@{0}')
    expect(await bench.b.run(['rm', '--force', ran.id])).toMatchObject({ code: 0 })
  })

  test('rewritten history is said, and never pushed to a named branch', async () => {
    const shell = `${COMMIT}; git commit -q --amend -m rewritten; c more`
    const args = ['--repo', bench.remote.url, '--push-to', 'main']
    const before = git(bench.remote.bare, ['rev-parse', 'main'])
    const ran = await bench.job({ args, shell, callerEnv: bench.remote.callerEnv })
    expect(ran.code).not.toBe(0)
    expect(ran.stdout + ran.stderr).toContain('the agent rewrote history')
    expect(ran.stdout + ran.stderr).toContain('the agent rewrote the history')
    expect(git(bench.remote.bare, ['rev-parse', 'main'])).toBe(before)
  })
})
