import { execFileSync } from 'node:child_process'
import { chownSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { rootfulEngines } from '../fixtures/engines.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'
import { testBench } from '../fixtures/test-bench.ts'

const flag = rootfulEngines()[0]?.flag ?? 'docker'
const t = testBench('file')
const place = temporaryFolder('berth-here-')
const repository = place.at('app')
const git = (folder: string, ...args: readonly string[]) =>
  execFileSync('git', ['-C', folder, '-c', 'user.name=A', '-c', 'user.email=a@b', ...args], { stdio: 'pipe' })

beforeAll(() => {
  mkdirSync(join(repository, 'src', 'deep'), { recursive: true })
  git(repository, 'init', '-q', '-b', 'main')
  writeFileSync(join(repository, 'src', 'deep', 'a.txt'), 'a\n')
  git(repository, 'add', '.')
  git(repository, 'commit', '-qm', 'first')
})
afterAll(() => place[Symbol.dispose]())

const plan = (cwd: string, args: readonly string[] = [], env: Readonly<Record<string, string>> = {}) =>
  t.b.run(['run', '--engine', flag, '--agent', 'noop', '--dry-run', ...args, 'x'], { cwd, env })

test('inside a work tree its top is the repository, said in the first line', async () => {
  const ran = await plan(join(repository, 'src', 'deep'))
  expect(ran.stdout).toMatch(new RegExp(`^source +${repository} .*branch main$`, 'm'))
  expect(ran.stderr.split('\n')[0]).toBe(
    `berth: the repository is ${repository} (use --repo for another one, --no-repo for none)`,
  )
  const started = await t.b.run(['start', '--engine', flag, '--agent', 'noop', 'x'], { cwd: repository })
  expect(started).toMatchObject({ code: 0, stderr: expect.stringContaining(`berth: the repository is ${repository}`) })
  expect((await t.b.status(started.stdout.trim())).repository).toMatchObject({ kind: 'clone', url: repository })
  expect((await plan(repository, ['--source', 'copy'])).stdout).toContain(`copy of ${repository}`)
})

test('--repo and --no-repo say otherwise, and nothing is said then', async () => {
  const none = await plan(repository, ['--no-repo'])
  expect(none).toMatchObject({ code: 0, stderr: '' })
  expect(none.stdout).toMatch(/^source +none$/m)
  const named = await plan(repository, ['--repo', t.remote.url, '--branch', 'main'])
  expect(named).toMatchObject({ code: 0, stderr: '' })
  expect(named.stdout).toContain(t.remote.url)
})

test('outside of a work tree the empty folder is said; a bare repository and .git itself are outside', async () => {
  const bare = place.at('bare.git')
  git(place.path, 'init', '-q', '--bare', bare)
  for (const folder of [t.b.folder, bare, join(repository, '.git')]) {
    const ran = await plan(folder)
    expect(ran.stdout, folder).toMatch(/^source +none$/m)
    expect(ran.stderr).toContain('the agent works in an empty folder, and Berth pushes nothing')
  }
  expect(await plan(t.b.folder, ['--source', 'copy'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--source copy takes a local folder: it needs a --repo'),
  })
})

test('a linked work tree and a submodule are their own; GIT_DIR of a hook changes nothing', async () => {
  const linked = place.at('linked')
  git(repository, 'worktree', 'add', '-q', '-b', 'side', linked)
  expect((await plan(linked)).stderr).toContain(`the repository is ${linked} `)
  const outer = place.at('outer')
  mkdirSync(outer)
  git(outer, 'init', '-q', '-b', 'main')
  git(outer, '-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', repository, 'lib')
  git(outer, 'commit', '-qm', 'with lib')
  expect((await plan(join(outer, 'lib', 'src'))).stderr).toContain(`the repository is ${join(outer, 'lib')} `)
  const hook = { GIT_DIR: join(outer, '.git'), GIT_INDEX_FILE: 'x', GIT_WORK_TREE: outer }
  expect((await plan(repository, [], hook)).stderr).toContain(`the repository is ${repository} `)
  expect((await plan(t.b.folder, [], hook)).stdout).toMatch(/^source +none$/m)
})

test('a repository without a commit, and one of another owner, are refused: no empty folder in their place', async () => {
  const unborn = place.at('unborn')
  mkdirSync(unborn)
  git(unborn, 'init', '-q')
  expect(await plan(unborn)).toMatchObject({ code: 2, stderr: expect.stringContaining('has no commit yet') })
  expect(await plan(unborn, ['--no-repo'])).toMatchObject({ code: 0 })
  chownSync(unborn, 65534, 65534)
  chownSync(join(unborn, '.git'), 65534, 65534)
  const ran = await plan(unborn)
  expect(ran).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('dubious ownership') })
  expect(ran.stderr).toContain('--no-repo')
})
