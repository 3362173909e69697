import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { anyEngine, TEST_ALL } from '../fixtures/engines.ts'
import { appConfig } from '../fixtures/github/app-config.ts'
import { startGitHub } from '../fixtures/github/start-github.ts'
import { poolFilled } from '../fixtures/pool-filled.ts'
import { git } from '../fixtures/remotes/git.ts'
import { makeBare } from '../fixtures/remotes/make-repository.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'
import { testBench } from '../fixtures/test-bench.ts'
import { taskOf } from '../fixtures/workshop.ts'

type Report = { readonly id: string; readonly task: string; readonly state: string }

describe.runIf(TEST_ALL).each(anyEngine())('turns of a task with several repositories, on $name', ({ flag }) => {
  const t = testBench('test')
  let folder: ReturnType<typeof temporaryFolder>
  let lib: string
  beforeEach(() => {
    folder = temporaryFolder()
    lib = makeBare(folder.at('lib.git'), { 'lib.txt': 'lib\n' })
  })
  afterEach(() => folder[Symbol.dispose]())
  const load = (shell: string) => t.model.load({ steps: [{ text: 'I work.', shell }, { text: 'done' }] })
  const made = (bare: string, id: string) => git(bare, ['show', `berth/${id}:made.txt`]).split('\n')

  test('a session of a manifest, and further prompts to its warm container and to a fresh one', async () => {
    for (const name of ['cache', 'data']) mkdirSync(folder.at(name), { mode: 0o777 })
    const place = `engine = "${flag}"\nbase-url = "${t.model.url}"\nrepo = "${t.remote.url}:app"\nbranch = "main"\n`
    const repos =
      'repos = [{ repo = "./lib.git", folder = "vendor", branch = "main" }]\nmounts = ["cache:/work/cache", "data:/work/vendor/data"]\n'
    writeFileSync(folder.at('s.toml'), `[[sessions]]\nid = "a"\n${place}${repos}keep-alive = "2m"\nprompt = "p"\n`)
    load('echo 1 >> vendor/made.txt; cat vendor/*.txt > app/made.txt')
    const ran = await t.b.run(['session', 'start', '-f', folder.at('s.toml'), '--wait', '--json'])
    expect({ code: ran.code, stderr: ran.stderr }).toEqual({ code: 0, stderr: '' })
    const [{ task: id } = { task: '' }] = (JSON.parse(ran.stdout) as { sessions: readonly Report[] }).sessions
    expect([made(lib, id), made(t.remote.bare, id)]).toEqual([['1'], ['lib', '1']])
    expect((await t.b.status(id)).others).toBeUndefined()

    load('echo 2 >> vendor/made.txt; echo 2 > notes.md')
    expect(await t.b.run(['send', '-f', id, 'again'])).toMatchObject({ code: 0 })
    expect([made(lib, id), made(t.remote.bare, id)]).toEqual([
      ['1', '2'],
      ['lib', '1'],
    ])
    const names = async () => (await t.b.status(id)).others?.map(({ name }) => name)
    expect(await names()).toEqual(['notes.md'])

    load('rm notes.md; cat vendor/made.txt >> app/made.txt; git -C app log --format=%s; ls')
    expect(await t.b.run(['stop', id])).toMatchObject({ code: 0 })
    expect(await t.b.run(['send', '-f', id, 'once more'])).toMatchObject({ code: 0 })
    expect([made(lib, id), made(t.remote.bare, id)]).toEqual([
      ['1', '2'],
      ['lib', '1', '1', '2'],
    ])
    expect(await names()).toBeUndefined()
    expect(await t.b.run(['rm', id])).toMatchObject({ code: 0 })
  })

  test('a task in a pre-started sandbox, which has the mirrors of all', async () => {
    const args = ['run', '--engine', flag, '--base-url', t.model.url, '--pool', '1']
    const run = () => {
      load('cat */*.* > app/made.txt; echo 1 > lib/made.txt')
      return t.b.run([...args, '--repo', `${t.remote.url}:app`, '--repo', lib, 'p'])
    }
    expect(await run()).toMatchObject({ code: 0 })
    const [ahead] = await poolFilled(t.b.home, 1)
    const ran = await run()
    expect([ran.code, taskOf(ran)]).toEqual([0, ahead])
    expect([made(lib, taskOf(ran)), made(t.remote.bare, taskOf(ran))]).toEqual([['1'], ['# Hello', 'lib']])
  })

  test('two private repositories, with tokens for one of them each', async () => {
    await using github = await startGitHub()
    appendFileSync(join(t.b.home, 'config.toml'), appConfig(github))
    const [app, shared] = ['acme/app', 'acme/shared'].map((name) => github.addRepository({ name }))
    load('echo 1 > app/made.txt; echo 2 > shared/made.txt')
    const args = ['run', '--engine', flag, '--base-url', t.model.url, '--branch', 'main']
    const ran = await t.b.run([...args, '--repo', 'acme/app', '--repo', shared?.url ?? '', 'p'])
    expect(ran, ran.stdout + ran.stderr).toMatchObject({ code: 0 })
    expect([made(app?.bare ?? '', taskOf(ran)), made(shared?.bare ?? '', taskOf(ran))]).toEqual([['1'], ['2']])
    const used = (await t.b.events(taskOf(ran))).flatMap((event) => (event.type === 'forge.token' ? [event] : []))
    expect(used.map(({ repository, permissions }) => `${repository} ${permissions['contents']}`).toSorted()).toEqual([
      'acme/app read',
      'acme/app write',
      'acme/shared read',
      'acme/shared write',
    ])
    expect(github.tokens.map(({ repositories }) => repositories?.length)).toEqual(github.tokens.map(() => 1))
  })

  test('a task on the host', async () => {
    load('pwd; cat */*.* > app/made.txt; echo 1 > lib/made.txt')
    const args = ['run', '--isolation', 'host', '--base-url', t.model.url]
    const ran = await t.b.run([...args, '--repo', `${t.remote.url}:app`, '--repo', `${lib}.work:lib`, 'p'])
    expect(ran).toMatchObject({ code: 0 })
    expect([made(`${lib}.work`, taskOf(ran)), made(t.remote.bare, taskOf(ran))]).toEqual([['1'], ['# Hello', 'lib']])
  })
})
