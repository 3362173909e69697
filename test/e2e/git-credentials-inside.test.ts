import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Event } from '../../src/domain/event.ts'
import { type Berth, berth } from '../fixtures/berth.ts'
import { rootfulEngines } from '../fixtures/engines.ts'
import { appConfig } from '../fixtures/github/app-config.ts'
import { type GitHub, startGitHub } from '../fixtures/github/start-github.ts'
import { git } from '../fixtures/remotes/git.ts'
import { runSteps } from '../fixtures/run-steps.ts'
import { taskOf } from '../fixtures/workshop.ts'

/** A name that this machine knows by /etc/hosts, and the sandbox not at all. */
const NAME = 'github.servers.test'
const HOSTS = `${readFileSync('/etc/hosts', 'utf8')}127.0.0.1 ${NAME}\n`

const script = (url: string) => `
say() { name=$1; shift; if "$@" > /work/$name.said 2>&1 < /dev/null; then echo 0; else echo $?; fi > /work/$name.code; }
now() { sha256sum < /run/secrets/ghapp_token; }
say modes stat -c '%a %U %n' /run/secrets /run/secrets/ghapp_token /run/secrets/gh /run/secrets/gh/hosts.yml
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
say own git push -q origin HEAD:refs/heads/$(git branch --show-current)
say other git ls-remote ${url.replace('app.git', 'other.git')}
say shown sh -c 'git config --list --show-origin | grep -v "^file:.*mirror" ; cat /proc/*/cmdline | tr "\\0" " "; env'
`

const ofType = <T extends Event['type']>(events: readonly Event[], type: T) =>
  events.filter((event): event is Extract<Event, { type: T }> => event.type === type)

describe.each(rootfulEngines())('--git-credentials inside on $name', ({ flag }) => {
  let b: Berth
  let github: GitHub
  beforeAll(async () => {
    github = await startGitHub({ hostName: NAME })
    github.tokenLife = 8
    b = berth({ files: { '/etc/hosts': HOSTS } })
    appendFileSync(join(b.home, 'config.toml'), appConfig(github))
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
    expect(git(bare, ['branch', '--list', 'agent/*'])).toMatch(/agent\/first\n +agent\/second/)
    const events = await b.events(id)
    // S4-55; the identity stands in the plan.
    expect(runSteps(events)).toEqual(['create', 'inject', 'token', 'daemon', 'clone', 'start'])
    expect(ofType(events, 'token-daemon.started')).toMatchObject([{ repository: 'acme/app' }])
    expect(ofType(events, 'token-daemon.refreshed').length).toBeGreaterThan(1)
    const record = await b.status(id)
    expect(record.secretInside).toBeUndefined()
    expect(record.warnings.join()).toContain('a token for acme/app is in the container')
    const shown = said('shown').text + JSON.stringify(events) + readFileSync(join(b.home, 'supervisor.log'), 'utf8')
    for (const { value } of github.tokens) expect(shown).not.toContain(value)
    expect(existsSync(join(b.home, 'tasks', id, 'token-daemon.lock'))).toBe(true)
  })
})
