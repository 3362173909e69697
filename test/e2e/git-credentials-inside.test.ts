import { spawnSync } from 'node:child_process'
import { appendFileSync, chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Event } from '../../src/domain/event.ts'
import { tokenPaths } from '../../src/domain/task-paths.ts'
import { type Berth, berth } from '../fixtures/berth.ts'
import { firstEngine } from '../fixtures/engines.ts'
import { appConfig } from '../fixtures/github/app-config.ts'
import { type GitHub, startGitHub } from '../fixtures/github/start-github.ts'
import { giveTo, ordinaryUser } from '../fixtures/ordinary-user.ts'
import { git } from '../fixtures/remotes/git.ts'
import { runSteps } from '../fixtures/run-steps.ts'
import { waitFor } from '../fixtures/wait-for.ts'
import { taskOf } from '../fixtures/workshop.ts'

/** A name that this machine knows by /etc/hosts, and the sandbox not at all. */
const NAME = 'github.servers.test'
const HOSTS = `${readFileSync('/etc/hosts', 'utf8')}127.0.0.1 ${NAME}\n`

const script = (url: string) => `
say() { name=$1; shift; if "$@" > /work/$name.said 2>&1 < /dev/null; then echo 0; else echo $?; fi > /work/$name.code; }
now() { sha256sum < /run/secrets/ghapp_token; }
say modes stat -c '%a %U %n' /run/secrets /run/secrets/ghapp_token /run/secrets/gh /run/secrets/gh/hosts.yml
say helper stat -c %a /usr/local/bin/git-askpass /opt/berth/bin/git-askpass
say write sh -c 'echo no > /run/secrets/ghapp_token'
say remove rm /run/secrets/ghapp_token
say variables sh -c 'env | grep -E "^(GIT_ASKPASS|GIT_TERMINAL_PROMPT|GH_)" | sort'
say clone git clone -q ${url} /tmp/copy
say push git push -q origin HEAD:refs/heads/agent/first
before=$(now)
n=0; while [ "$(now)" = "$before" ] && [ $n -lt 300 ]; do sleep 0.1; n=$((n+1)); done
say rotated sh -c "[ $n -lt 300 ]"
say fetch git -C /tmp/copy fetch -q
say again git push -q origin HEAD:refs/heads/agent/second
say own sh -c 'git add --all && git commit -qm part && git push -q origin HEAD:refs/heads/berth/$BERTH_TASK'
say other git ls-remote ${url.replace('app.git', 'other.git')}
say shown sh -c 'git config --list --show-origin | grep -v "^file:.*mirror" ; cat /proc/*/cmdline | tr "\\0" " "; env'
`

const ofType = <T extends Event['type']>(events: readonly Event[], type: T) =>
  events.filter((event): event is Extract<Event, { type: T }> => event.type === type)

/** Of root, or of an ordinary user for rootless Podman. */
const berthOn = (name: string): Berth => {
  const files = { '/etc/hosts': HOSTS }
  if (name !== 'rootless') return berth({ files })
  const { uid, gid } = ordinaryUser()
  return berth({ files, uid, gid, env: { XDG_RUNTIME_DIR: `/run/user/${uid}` } })
}

/** Where the token of a task lies, and its daemon listens. */
const tokenFolder = (b: Berth, id: string) => {
  const { secrets, daemon } = tokenPaths({ task: '', socket: join(dirname(b.socket), 'g', id) })
  return { folder: secrets, socket: daemon }
}

describe.each(firstEngine())('--git-credentials inside on $name', ({ name, flag }) => {
  let b: Berth
  let github: GitHub
  beforeAll(async () => {
    github = await startGitHub({ hostName: NAME })
    github.tokenLife = 4
    b = berthOn(name)
    mkdirSync(b.home, { recursive: true, mode: 0o700 })
    appendFileSync(join(b.home, 'config.toml'), appConfig(github))
    if (name !== 'rootless') return
    chmodSync(dirname(github.caFile), 0o755)
    for (const path of [b.home, github.app.privateKeyFile, github.caFile]) giveTo(path, ordinaryUser())
  })
  afterAll(async () => {
    await b.close()
    await github[Symbol.asyncDispose]()
  })

  test('S4-43, S4-44, S4-45: an agent must push with a token that changes in the middle of its turn', async () => {
    const { bare, url } = github.addRepository({ name: 'acme/app' })
    github.addRepository({ name: 'acme/other' })
    const args = ['--engine', flag, '--repo', url, '--branch', 'main', '--git-credentials', 'inside']
    const ran = await b.run(['run', ...args, '--agent', 'noop', '--provider-arg', `shell=${script(url)}`, 'go'])
    const id = taskOf(ran)
    expect(ran, ran.stdout + ran.stderr).toMatchObject({ code: 0 })
    const read = (name: string) => git(bare, ['show', `berth/${id}:${name}`])
    const said = (name: string) => ({ code: Number(read(`${name}.code`)), text: read(`${name}.said`) })
    for (const name of ['clone', 'push', 'rotated', 'fetch', 'again', 'own'])
      expect(said(name), name).toMatchObject({ code: 0 })
    expect(said('modes').text.match(/^\d+/gm)).toEqual(['700', '600', '700', '600'])
    // S4-71
    expect(said('helper').text.trim()).toBe('755\n755')
    for (const name of ['write', 'remove']) expect(said(name).text).toContain('Read-only file system')
    expect(said('variables').text.split('\n')).toEqual([
      'GH_CONFIG_DIR=/run/secrets/gh',
      `GH_HOST=${github.host}`,
      'GH_NO_UPDATE_NOTIFIER=1',
      'GH_PROMPT_DISABLED=1',
      'GIT_ASKPASS=/opt/berth/bin/git-askpass',
      'GIT_TERMINAL_PROMPT=0',
    ])
    expect(said('other').code).not.toBe(0)
    // Berth went on from what the agent had pushed to the task's branch.
    expect(git(bare, ['log', '-1', '--format=%s', `berth/${id}~1`])).toBe('part')
    expect(git(bare, ['branch', '--list', 'agent/*'])).toMatch(/agent\/first\n +agent\/second/)
    const events = await b.events(id)
    // S4-55; the identity stands in the plan.
    expect(runSteps(events)).toEqual(['create', 'inject', 'token', 'daemon', 'clone', 'start'])
    expect(ofType(events, 'token-daemon.started')).toMatchObject([{ repository: 'acme/app' }])
    expect(ofType(events, 'token-daemon.refreshed').length).toBeGreaterThan(1)
    const record = await b.status(id)
    expect(record.tokenInside).toBeUndefined()
    expect(record.warnings.join()).toContain('a token for acme/app is in the container')
    const shown = said('shown').text + JSON.stringify(events) + readFileSync(join(b.home, 'supervisor.log'), 'utf8')
    for (const { value } of github.tokens) expect(shown).not.toContain(value)
    expect(existsSync(join(b.home, 'tasks', id, 'token-daemon.lock'))).toBe(true)
  })

  test('the daemon must outlive the supervisor, be started again when it is killed, and go with the turn', async () => {
    const { url } = github.addRepository({ name: 'acme/long' })
    const args = ['--engine', flag, '--repo', url, '--branch', 'main', '--git-credentials', 'inside', '--agent', 'noop']
    const shell =
      'cat /run/secrets/ghapp_token; until [ -e /work/go ]; do sleep 0.1; done; rm /work/go; date > /work/date'
    const begun = await b.run(['start', ...args, '--provider-arg', `shell=${shell}`, 'go'])
    expect(begun, begun.stderr).toMatchObject({ code: 0 })
    const id = begun.stdout.trim()
    /** The daemon that comes after the one of `before`. */
    const started = async (before: number) => {
      const found = await b.until(id, (event) => event.type === 'token-daemon.started' && event.pid !== before)
      return found.type === 'token-daemon.started' ? found.pid : 0
    }
    const pid = await started(0)
    await b.until(id, (event) => event.type === 'agent.started')
    expect(await b.status(id)).toMatchObject({ tokenInside: { repository: 'acme/long', pid } })
    expect((await b.run(['status', id])).stdout).toContain('a token for acme/long is inside, until 20')
    const second = await b.run(['token-daemon', id])
    expect(second).toMatchObject({ code: 2, stderr: expect.stringContaining(`process ${pid} keeps the token`) })

    process.kill((await b.supervisor()) ?? 0, 'SIGKILL')
    expect(await b.status(id)).toMatchObject({ state: 'running', tokenInside: { pid } })
    expect(ofType(await b.events(id), 'token-daemon.started')).toHaveLength(1)

    process.kill(pid, 'SIGKILL')
    const next = await started(pid)
    const { workspace } = await b.status(id)
    writeFileSync(join(workspace ?? '', 'go'), '')
    expect(await b.run(['wait', id])).toMatchObject({ code: 0 })
    const { folder, ...after } = tokenFolder(b, id)
    await waitFor(
      () => !existsSync(`/proc/${next}/exe`) && !existsSync(folder) && !existsSync(after.socket),
      'the end of the daemon',
    )
    expect((await b.status(id)).tokenInside).toBeUndefined()
    const shown = JSON.stringify(await b.events(id)) + readFileSync(join(b.home, 'tasks', id, 'raw/1-1.jsonl'), 'utf8')
    for (const { value } of github.tokens) expect(shown).not.toContain(value)
  })

  test('stop must end the daemon, and leave no token', async () => {
    const { url } = github.addRepository({ name: 'acme/stopped' })
    const args = ['--engine', flag, '--repo', url, '--branch', 'main', '--git-credentials', 'inside', '--agent', 'noop']
    const begun = await b.run(['start', ...args, '--provider-arg', 'shell=sleep 300', 'go'])
    expect(begun, begun.stderr).toMatchObject({ code: 0 })
    const id = begun.stdout.trim()
    await b.until(id, (event) => event.type === 'agent.started')
    const { pid } = (await b.status(id)).tokenInside ?? {}
    const { folder, socket } = tokenFolder(b, id)
    expect(existsSync(join(folder, 'ghapp_token'))).toBe(true)
    expect(await b.run(['stop', id])).toMatchObject({ code: 0 })
    await b.until(id, (event) => event.type === 'container.removed')
    expect([`/proc/${pid}/exe`, folder, socket].filter((path) => existsSync(path))).toEqual([])
    expect((await b.status(id)).tokenInside).toBeUndefined()
    expect(ofType(await b.events(id), 'token-daemon.ended')).toHaveLength(1)
  })

  test('S4-65, S4-66, S4-67: berth token-daemon must keep a token fresh without a supervisor, until it is told to end', async () => {
    const { url } = github.addRepository({ name: 'acme/alone' })
    const args = ['--engine', flag, '--repo', url, '--branch', 'main', '--git-credentials', 'inside', '--agent', 'noop']
    const id = taskOf(await b.run(['run', ...args, '--provider-arg', 'shell=date > date', 'go']))
    process.kill((await b.supervisor()) ?? 0, 'SIGTERM')
    const { folder } = tokenFolder(b, id)
    const file = join(folder, 'ghapp_token')
    const daemon = b.begin(['token-daemon', id])
    await waitFor(() => existsSync(file), 'a token')
    const first = readFileSync(file, 'utf8')
    expect(github.liveTokens.map(({ value }) => value)).toContain(first)
    await waitFor(() => readFileSync(file, 'utf8') !== first, 'another token')
    daemon.child.kill('SIGTERM')
    const ended = await daemon.over
    expect(ended).toMatchObject({ code: 0, stdout: '' })
    expect(existsSync(file)).toBe(false)
    expect(ended.stderr.match(/"token written"/g)?.length).toBeGreaterThan(1)
    for (const { value } of github.tokens) expect(ended.stderr).not.toContain(value)

    const unit = await b.run(['token-daemon', '--unit', id])
    const path = join(b.folder, `berth-token-${id}.service`)
    writeFileSync(path, unit.stdout)
    const verified = spawnSync('systemd-analyze', ['--user', 'verify', path], {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], XDG_RUNTIME_DIR: b.folder },
    })
    expect(verified, verified.stderr).toMatchObject({ status: 0, stderr: '' })
    const outside = taskOf(
      await b.run(['run', ...args.slice(0, 6), '--agent', 'noop', '--provider-arg', 'shell=date', 'go']),
    )
    expect(await b.run(['token-daemon', outside])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('its tokens stay outside'),
    })
  })
})
