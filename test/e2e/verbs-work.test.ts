import { execFileSync } from 'node:child_process'
import { appendFileSync, chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { engineAt } from '../../src/engines/locate/engine-at.ts'
import { rootfulEngines } from '../fixtures/engines.ts'
import { git } from '../fixtures/remotes/git.ts'
import { workshopBench } from '../fixtures/workshop-bench.ts'

const [engine = { flag: 'docker', kind: 'docker' as const, endpoint: 'unix:///var/run/docker.sock' }] = rootfulEngines()

describe('the work of a task in the local checkout', () => {
  const bench = workshopBench(engine.flag)
  let checkout: string
  let clones = 0
  beforeEach(() => {
    clones += 1
    checkout = join(bench.b.folder, `checkout-${clones}`)
    execFileSync('git', ['clone', '--quiet', bench.remote.url, checkout])
    git(checkout, ['config', 'user.name', 'Me'])
    git(checkout, ['config', 'user.email', 'me@example.org'])
  })

  const work = async (shell: string, ...args: readonly string[]) => {
    const job = { shell, args: ['--repo', bench.remote.url, '--branch', 'main', '--push', 'none', ...args] }
    const ran = await bench.job(job)
    expect(ran.code).toBe(0)
    return ran.id
  }
  const verb = (...args: readonly string[]) => bench.b.run(args, { cwd: checkout })
  const put = (file: string, text: string) => writeFileSync(join(checkout, file), text)
  const read = (file: string) => readFileSync(join(checkout, file), 'utf8')
  const status = () => git(checkout, ['status', '--porcelain'])
  const TWO =
    'echo mine > mine.txt; git add .; git commit -qm "mine, by hand"; echo more >> README.md; printf "\\351\\n" > latin.txt'

  test('apply: the changes, uncommitted ones too, in files and index; what is not committed here and not touched stays', async () => {
    const id = await work(TWO, '--uncommitted', 'keep')
    put('own.txt', 'own\n')
    const ran = await verb('apply', id)
    expect(ran).toMatchObject({ code: 0, stdout: 'README.md\nlatin.txt\nmine.txt\n' })
    expect(status()).toBe('M  README.md\nA  latin.txt\nA  mine.txt\n?? own.txt')
    expect(readFileSync(join(checkout, 'latin.txt')).toString('latin1')).toBe('\xe9\n')
    expect(git(checkout, ['log', '-1', '--format=%s'])).not.toBe('mine, by hand')
    expect(git(checkout, ['for-each-ref', '--format=%(refname)', 'refs/berth'])).toBe('')
  })

  test('apply merges with what was committed here since, and marks what conflicts', async () => {
    const id = await work('echo theirs > new.txt; sed -i "1s/.*/THEIRS/" README.md')
    put('other.txt', 'ours\n')
    git(checkout, ['add', '.'])
    git(checkout, ['commit', '--quiet', '-m', 'ours'])
    expect((await verb('apply', '--json', id)).stdout).toBe(
      `${JSON.stringify({ id, files: ['README.md', 'new.txt'] })}\n`,
    )
    git(checkout, ['reset', '--quiet', '--hard'])
    put('README.md', `OURS\n${read('README.md').split('\n').slice(1).join('\n')}`)
    git(checkout, ['commit', '--quiet', '-am', 'ours too'])
    const ran = await verb('apply', id)
    expect(ran).toMatchObject({ code: 1, stdout: '' })
    expect(ran.stderr).toContain(`${id} was applied, but conflicts with your changes in README.md`)
    expect(read('README.md')).toMatch(/^<<<<<<< .*\nOURS\n=======\nTHEIRS\n>>>>>>> /)
    expect(read('new.txt')).toBe('theirs\n')
  })

  test('apply touches nothing where it would change what is not committed', async () => {
    const id = await work('echo theirs > new.txt; echo more >> README.md')
    put('new.txt', 'mine, untracked\n')
    appendFileSync(join(checkout, 'README.md'), 'mine\n')
    const before = [status(), read('README.md')]
    for (const args of [
      ['apply', id],
      ['apply', '--commit', id],
    ])
      expect(await verb(...args)).toMatchObject({
        code: 2,
        stdout: '',
        stderr: expect.stringContaining(
          `${checkout}: ${id} would change files that are not committed here: README.md, new.txt`,
        ),
      })
    expect([status(), read('README.md'), read('new.txt')]).toEqual([...before, 'mine, untracked\n'])
  })

  test('apply --commit: each commit by its author, on top of mine', async () => {
    const id = await work(TWO)
    put('other.txt', 'ours\n')
    git(checkout, ['add', '.'])
    git(checkout, ['commit', '--quiet', '-m', 'ours'])
    const ran = await verb('apply', '--commit', id)
    expect(ran.code).toBe(0)
    expect(ran.stderr).toBe(`berth: ${id} applied: 2 commits\n`)
    expect(git(checkout, ['log', '-3', '--format=%an: %s']).split('\n')).toEqual([
      'Ada: do the work',
      'Ada: mine, by hand',
      'Test: ours',
    ])
    expect(status()).toBe('')
  })

  test('checkout: a branch of its own, moved forward by a further turn, never off commits that are mine', async () => {
    const id = await work('echo one > one.txt')
    const hook = join(checkout, '.git/hooks/post-checkout')
    writeFileSync(hook, '#!/bin/sh\ntouch hook-ran\n')
    chmodSync(hook, 0o755)
    expect(await verb('checkout', id)).toMatchObject({ code: 0, stdout: `berth/${id}\n`, stderr: '' })
    const { head } = await bench.b.status(id)
    expect(git(checkout, ['rev-parse', 'HEAD'])).toBe(head)
    expect(git(checkout, ['branch', '--show-current'])).toBe(`berth/${id}`)
    expect(existsSync(join(checkout, 'hook-ran'))).toBe(false)

    bench.model.load({ steps: [{ text: 'I work.', shell: 'echo two > two.txt' }] })
    await bench.b.run(['send', '--follow', id, 'more'])
    expect((await verb('checkout', '--json', id)).code).toBe(0)
    expect(read('two.txt')).toBe('two\n')

    git(checkout, ['commit', '--quiet', '--allow-empty', '-m', 'mine'])
    const mine = git(checkout, ['rev-parse', 'HEAD'])
    expect(await verb('checkout', id)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`the branch berth/${id} has commits that the task lacks`),
    })
    expect(git(checkout, ['rev-parse', 'HEAD'])).toBe(mine)
    expect((await verb('checkout', '--force', id)).code).toBe(0)
    expect(git(checkout, ['rev-parse', 'HEAD'])).toBe((await bench.b.status(id)).head)
  })

  test('a task that died: diff has what was committed and what was not, and apply brings both', async () => {
    bench.model.load({ steps: [{ text: 'I work.', shell: [TWO, 'sleep 600'] }] })
    const job = ['--engine', engine.flag, '--base-url', bench.model.url, '--repo', bench.remote.url, '--branch', 'main']
    const id = (await bench.b.run(['start', ...job, 'do the work'])).stdout.trim()
    await bench.b.until(id, (event) => event.type === 'agent.tool.start' && event.input.includes('sleep'))
    const { container } = await bench.b.status(id)
    await engineAt(engine.kind, engine.endpoint).kill(container?.id ?? '', 'SIGKILL')
    expect((await bench.b.run(['wait', id])).stdout).toBe(`${id} died\n`)
    const diff = (await bench.b.run(['diff', id])).stdout
    for (const part of ['+mine', '+more', 'latin.txt']) expect(diff).toContain(part)
    expect((await verb('apply', id)).stdout).toBe('README.md\nlatin.txt\nmine.txt\n')
  })

  test('the patch of a copied folder', async () => {
    const folder = join(bench.b.folder, 'copied')
    mkdirSync(folder)
    writeFileSync(join(folder, 'a.txt'), 'a\n')
    const ran = await bench.job({
      shell: 'echo b >> a.txt; echo c > c.txt',
      args: ['--repo', folder, '--source', 'copy'],
    })
    const applied = await bench.b.run(['apply', ran.id], { cwd: folder })
    expect(applied).toMatchObject({ code: 0, stdout: 'a.txt\nc.txt\n' })
    expect(readFileSync(join(folder, 'a.txt'), 'utf8')).toBe('a\nb\n')
    expect(await bench.b.run(['checkout', ran.id], { cwd: checkout })).toMatchObject({ code: 2 })
  })

  test('what cannot be is one error and changes nothing', async () => {
    const id = await work('echo one > one.txt')
    const { id: none } = await bench.job({ shell: null, args: ['--repo', bench.remote.url, '--branch', 'main'] })
    const stranger = join(bench.b.folder, 'stranger')
    execFileSync('git', ['init', '--quiet', stranger])
    git(stranger, ['-c', 'user.name=x', '-c', 'user.email=x@y', 'commit', '--quiet', '--allow-empty', '-m', 'x'])
    const before = git(checkout, ['rev-parse', 'HEAD'])
    for (const name of ['apply', 'checkout']) {
      for (const [args, cwd, says] of [
        [[name, id], bench.b.folder, `${bench.b.folder} is not in a checkout of a git repository`],
        [[name, id], stranger, `${stranger} has no commit in common with ${id}`],
        [[name, none], checkout, `${none} has no kept work`],
        [[name, 't-zzzz'], checkout, 't-zzzz: there is no such task'],
      ] as const)
        expect(await bench.b.run(args, { cwd })).toMatchObject({
          code: 2,
          stdout: '',
          stderr: expect.stringContaining(says),
        })
    }
    expect([git(checkout, ['rev-parse', 'HEAD']), status(), git(checkout, ['branch', '--list', 'berth/*'])]).toEqual([
      before,
      '',
      '',
    ])
  })
})
