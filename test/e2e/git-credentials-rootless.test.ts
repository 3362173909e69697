import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Berth, berth } from '../fixtures/berth.ts'
import { TEST_ALL } from '../fixtures/engines.ts'
import { appConfig } from '../fixtures/github/app-config.ts'
import { type GitHub, startGitHub } from '../fixtures/github/start-github.ts'
import { giveTo, ordinaryUser } from '../fixtures/ordinary-user.ts'
import { git } from '../fixtures/remotes/git.ts'

/** A name that this machine knows by /etc/hosts, and the sandbox not at all. */
const NAME = 'github.servers.test'
const HOSTS = `${readFileSync('/etc/hosts', 'utf8')}127.0.0.1 ${NAME}\n`

const user = ordinaryUser()
const runtime = `/run/user/${user.uid}`
const isThere = existsSync(`${runtime}/podman/podman.sock`)

const SCRIPT = [
  "stat -c '%a %u %n' /run/secrets /run/secrets/ghapp_token > said.txt",
  'id -u > uid.txt',
  'git push -q origin HEAD:refs/heads/agent/own',
].join(' && ')

describe.runIf(TEST_ALL && isThere)('--git-credentials inside for an ordinary user, on rootless Podman', () => {
  let b: Berth
  let github: GitHub
  beforeAll(async () => {
    github = await startGitHub({ hostName: NAME })
    b = berth({ uid: user.uid, gid: user.gid, env: { XDG_RUNTIME_DIR: runtime }, files: { '/etc/hosts': HOSTS } })
    const [caFile, privateKeyFile] = [join(b.folder, 'authority.pem'), join(b.folder, 'app.pem')]
    copyFileSync(github.caFile, caFile)
    copyFileSync(github.app.privateKeyFile, privateKeyFile)
    mkdirSync(b.home, { recursive: true })
    const config = appConfig({ ...github, caFile, app: { ...github.app, privateKeyFile } })
    writeFileSync(join(b.home, 'config.toml'), config)
    giveTo(b.folder, user)
  })
  afterAll(async () => {
    await b.close()
    await github[Symbol.asyncDispose]()
  })

  test('the agent must own the token that it reads, and push with it', async () => {
    const { bare } = github.addRepository({ name: 'acme/app' })
    const args = ['--engine', 'podman', '--repo', 'acme/app', '--branch', 'main', '--git-credentials', 'inside']
    const ran = await b.run(['run', ...args, '--agent', 'noop', '--provider-arg', `shell=${SCRIPT}`, 'go'])
    expect(ran, ran.stdout + ran.stderr).toMatchObject({ code: 0 })
    const [branch = ''] = git(bare, ['for-each-ref', '--format=%(refname)', 'refs/heads/berth']).split('\n')
    const uid = git(bare, ['show', `${branch}:uid.txt`])
    expect(git(bare, ['show', `${branch}:said.txt`])).toBe(
      `700 ${uid} /run/secrets\n600 ${uid} /run/secrets/ghapp_token`,
    )
    expect(git(bare, ['branch', '--list', 'agent/own'])).not.toBe('')
  })
})
