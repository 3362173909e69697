import { execFileSync } from 'node:child_process'
import { appendFileSync, existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { tokenPaths } from '../../src/domain/task-paths.ts'
import { type Berth, berth } from '../fixtures/berth.ts'
import { anyEngine, TEST_ALL } from '../fixtures/engines.ts'
import { appConfig } from '../fixtures/github/app-config.ts'
import { type GitHub, startGitHub } from '../fixtures/github/start-github.ts'
import { poolEmpty, poolFilled } from '../fixtures/pool-filled.ts'
import { git } from '../fixtures/remotes/git.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'
import { waitFor } from '../fixtures/wait-for.ts'
import { taskOf } from '../fixtures/workshop.ts'

const NAME = 'github.servers.test'
const HOSTS = `${readFileSync('/etc/hosts', 'utf8')}127.0.0.1 ${NAME}\n`

/** What a turn does: it pushes a branch that nobody else has. */
const PUSH =
  'date +%N > now; git push -q origin "HEAD:refs/heads/agent/$(cat now)-$RANDOM$$"; ls -di /run/secrets >> seen'

describe.runIf(TEST_ALL).each(anyEngine())('further turns with a token inside on $name', ({ flag }) => {
  let b: Berth
  let github: GitHub
  let args: readonly string[]
  let bare = ''
  beforeAll(async () => {
    github = await startGitHub({ hostName: NAME })
    b = berth({ files: { '/etc/hosts': HOSTS } })
    appendFileSync(join(b.home, 'config.toml'), appConfig(github))
    const repository = github.addRepository({ name: 'acme/turns' })
    bare = repository.bare
    args = ['--engine', flag, '--repo', repository.url, '--branch', 'main', '--git-credentials', 'inside']
  })
  afterAll(async () => {
    await b.close()
    await github[Symbol.asyncDispose]()
  })
  const pushed = () =>
    git(bare, ['branch', '--list', 'agent/*'])
      .split('\n')
      .filter((line) => line !== '').length
  const secrets = (id: string) => tokenPaths({ task: '', socket: join(dirname(b.socket), 'g', id) }).secrets
  const gone = (id: string) => waitFor(() => !existsSync(secrets(id)), 'the end of the folder')
  const agent = (shell: string) => ['--agent', 'noop', '--provider-arg', `shell=${shell}`, 'go']

  test('a warm container must have a token in each turn, and none between', async () => {
    const before = pushed()
    const ran = await b.run(['run', ...args, '--keep-alive', '5m', ...agent(PUSH)])
    const id = taskOf(ran)
    expect(ran, ran.stdout + ran.stderr).toMatchObject({ code: 0 })
    const { kept, container } = await b.status(id)
    expect(kept).not.toBeNull()
    expect(readdirSync(secrets(id))).toEqual([])
    expect(await b.run(['send', '-f', id, 'again'])).toMatchObject({ code: 0 })
    expect((await b.status(id)).container?.id).toBe(container?.id)
    expect(pushed()).toBe(before + 2)
    expect(await b.run(['archive', '--force', id])).toMatchObject({ code: 0 })
    expect(existsSync(secrets(id))).toBe(false)
  })

  test('a further turn and a fork must have tokens of their own', async () => {
    const before = pushed()
    const ran = await b.run(['run', ...args, ...agent(PUSH)])
    const id = taskOf(ran)
    expect(ran, ran.stdout + ran.stderr).toMatchObject({ code: 0 })
    await gone(id)
    expect(await b.run(['send', '-f', id, 'again'])).toMatchObject({ code: 0 })
    const forked = await b.run(['fork', '-f', id, 'differently'])
    expect(forked, forked.stdout + forked.stderr).toMatchObject({ code: 0 })
    expect(pushed()).toBe(before + 3)
    for (const one of [id, taskOf(forked)]) expect(await b.run(['rm', '--force', one])).toMatchObject({ code: 0 })
  })

  test('a sandbox that was started ahead must have a token in its turn alone, and leave no folder', async () => {
    const before = pushed()
    const run = (size: number) => b.run(['run', ...args, '--pool', String(size), ...agent(PUSH)])
    expect(await run(1)).toMatchObject({ code: 0 })
    const [ahead = ''] = await poolFilled(b.home, 1)
    expect(readdirSync(secrets(ahead))).toEqual([])
    const ran = await run(1)
    expect(ran, ran.stdout + ran.stderr).toMatchObject({ code: 0 })
    expect(taskOf(ran)).toBe(ahead)
    expect(pushed()).toBe(before + 2)
    await gone(ahead)
    const [next = ''] = await poolFilled(b.home, 1)
    expect(await run(0)).toMatchObject({ code: 0 })
    await poolEmpty(b.home)
    await gone(next)
  })

  test('commits that the agent pushed to the branch of its task must be replaced by signed ones', async () => {
    const shell = `date > one; git add .; git commit -qm one
git push -q origin "HEAD:refs/heads/berth/$BERTH_TASK"; date > two`
    const ran = await b.run(['run', ...args, '--sign', 'api', ...agent(shell)])
    expect(ran, ran.stdout + ran.stderr).toMatchObject({ code: 0 })
    expect(git(bare, ['log', '--format=%cn', `main..berth/${taskOf(ran)}`])).toBe('GitHub\nGitHub')
  })

  test('berth prune must end a daemon that runs by itself, and leave no folder of a token', async () => {
    const id = taskOf(await b.run(['run', ...args, ...agent(PUSH)]))
    const warm = taskOf(await b.run(['run', ...args, '--keep-alive', '5m', ...agent(PUSH)]))
    const daemon = b.begin(['token-daemon', id])
    await waitFor(() => existsSync(join(secrets(id), 'ghapp_token')), 'a token')
    const pruned = await b.run(['prune', '--force', '--json'])
    expect(pruned, pruned.stderr).toMatchObject({ code: 0 })
    expect(await daemon.over).toMatchObject({ code: 0 })
    for (const one of [id, warm]) {
      expect(pruned.stdout).toContain(one)
      expect(existsSync(secrets(one))).toBe(false)
    }
  })

  test("Debian's gh must reach the repository's API, and keep to it", async () => {
    using folder = temporaryFolder('berth-gh-')
    execFileSync('apt-get', ['download', 'gh'], { cwd: folder.path, stdio: 'ignore' })
    const [deb = ''] = readdirSync(folder.path)
    execFileSync('dpkg-deb', ['-x', folder.at(deb), folder.at('gh')])
    const shell = `gh() { /gh/gh "$@"; }
gh api repos/acme/turns --jq .full_name > name
gh auth status > auth 2>&1 || true
if gh api repos/acme/other > other 2>&1; then exit 3; fi`
    const volume = ['--volume', `${folder.at('gh')}/usr/bin:/gh:ro`]
    const ran = await b.run(['run', ...args, ...volume, ...agent(shell)])
    expect(ran, ran.stdout + ran.stderr).toMatchObject({ code: 0 })
    expect(git(bare, ['show', `berth/${taskOf(ran)}:name`])).toBe('acme/turns')
    const said = git(bare, ['show', `berth/${taskOf(ran)}:auth`])
    for (const { value } of github.tokens) expect(said + ran.stdout + ran.stderr).not.toContain(value)
  })
})
