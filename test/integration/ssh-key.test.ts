import { execFileSync, spawn, spawnSync } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type { BerthError } from '../../src/domain/errors.ts'
import { hostGit } from '../../src/git/host-git.ts'
import { commandLine, processes } from '../../src/std/processes.ts'
import { git } from '../fixtures/remotes/git.ts'
import { commitFiles } from '../fixtures/remotes/make-repository.ts'
import { sshKey } from '../fixtures/remotes/signing-keys.ts'
import { callerEnvWithLogin, startHttpRemote } from '../fixtures/remotes/start-http-remote.ts'
import { type SshRemote, startSshRemote } from '../fixtures/remotes/start-ssh-remote.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'
import { waitFor } from '../fixtures/wait-for.ts'

type CallerEnv = Readonly<Record<string, string>>

const folder = temporaryFolder()
let remote: SshRemote
/** A key that the server knows. */
let key: string
let runtimes = 0

beforeAll(async () => {
  remote = await startSshRemote()
  key = join(dirname(remote.bare), 'known')
  return async () => {
    await remote.close()
    folder[Symbol.dispose]()
  }
})

/** Berth's git with a runtime folder of its own; the caller's own key is one that the server does not know. */
const berthGit = () => {
  runtimes += 1
  const runtime = folder.at(`r${runtimes}`)
  mkdirSync(runtime, { mode: 0o700 })
  const berth = hostGit({ runtimeDir: runtime })
  const ask = (sshKey: string, callerEnv: CallerEnv = remote.stranger) =>
    berth.resolve(remote.url, 'main', callerEnv, undefined, { sshKey }).then(
      ({ sha }) => sha,
      ({ code, message, hint }: BerthError) => `${code}: ${message} | ${hint}`,
    )
  const left = () => (existsSync(join(runtime, 'ssh')) ? readdirSync(join(runtime, 'ssh')) : [])
  return { berth, runtime, ask, left }
}

const agentsIn = (runtime: string): readonly number[] =>
  processes().flatMap(({ pid }) => (commandLine(pid).some((word) => word.startsWith(runtime)) ? [pid] : []))

/** A copy of the known key, with a passphrase. */
const lockedKey = (): string => {
  const path = folder.at(`locked${runtimes}`)
  copyFileSync(key, path)
  chmodSync(path, 0o600)
  execFileSync('ssh-keygen', ['-q', '-p', '-P', '', '-N', 'word', '-f', path])
  return path
}

/** A person's own agent, with the known key. */
const personsAgent = () => {
  const socket = folder.at(`agent${runtimes}`)
  const child = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' })
  return {
    socket,
    add: async (path: string) => {
      await waitFor(() => existsSync(socket), 'the agent')
      execFileSync('ssh-add', ['-q', path], { env: { ...process.env, SSH_AUTH_SOCK: socket }, stdio: 'pipe' })
    },
    [Symbol.dispose]: () => void child.kill(),
  }
}

describe('--ssh-key', () => {
  test('is the key of fetch and push, in place of the caller’s own, and leaves nothing', async () => {
    const { berth, runtime, ask, left } = berthGit()
    const sha = git(remote.bare, ['rev-parse', 'main'])
    await expect(berth.resolve(remote.url, 'main', remote.stranger)).rejects.toThrow('Permission denied')
    expect(await ask(key)).toBe(sha)
    const callerEnv = remote.stranger
    const { path } = await berth.mirror({
      ...{ mirrorsDir: folder.at('mirrors'), url: remote.url, sha, pin: 't1', callerEnv, sshKey: key },
    })
    const work = folder.at('work')
    git(folder.path, ['clone', '-q', path, work])
    const ours = commitFiles(work, { a: 'a' }, 'ours')
    const to = { publish: join(work, '.git'), url: remote.url, branch: 'ours', mode: 'lease', expected: null } as const
    expect(await berth.push({ ...to, sha: ours, callerEnv })).toMatchObject({ kind: 'denied' })
    expect(await berth.push({ ...to, sha: ours, callerEnv, sshKey: key })).toEqual({ ok: true, sha: ours })
    expect(git(remote.bare, ['rev-parse', 'ours'])).toBe(ours)
    const gone = await berth.push({ ...to, sha: ours, callerEnv, sshKey: folder.at('none') })
    expect(gone).toMatchObject({
      ok: false,
      kind: 'denied',
      own: true,
      reason: expect.stringContaining('no such file'),
    })
    expect(left()).toEqual([])
    expect(agentsIn(runtime)).toEqual([])
  })

  test('the caller’s own keys are not tried where the server refuses it', async () => {
    const { ask } = berthGit()
    const other = sshKey(folder.path).path
    expect(await ask(other, remote.callerEnv)).toMatch(/^repository-unreachable: .*Permission denied \(publickey\)/s)
  })

  test('its agent signs for no other host', async () => {
    await using stack = new AsyncDisposableStack()
    const elsewhere = await startSshRemote()
    stack.defer(() => elsewhere.close())
    const place = dirname(elsewhere.bare)
    appendFileSync(join(place, 'authorized_keys'), readFileSync(`${key}.pub`))
    const { ask, runtime, left } = berthGit()
    const [held, go, slow] = [folder.at('held'), folder.at('go'), folder.at('slow-ssh')]
    const wait = `case " $* " in *" -G "*) ;; *) touch ${held}; while [ ! -e ${go} ]; do sleep 0.02; done ;; esac`
    writeFileSync(slow, `#!/bin/sh\n${wait}\nexec ssh "$@"\n`, { mode: 0o755 })
    const command = remote.stranger['GIT_SSH_COMMAND']?.replace(/^ssh/, slow) ?? ''
    const asked = ask(key, { ...remote.stranger, GIT_SSH_COMMAND: command })
    await waitFor(() => existsSync(held), 'ssh')
    const socket = join(runtime, 'ssh', left()[0] ?? '', 's')
    const env = { ...process.env, SSH_AUTH_SOCK: socket }
    const fingerprint = (args: readonly string[]) =>
      / (SHA256:\S+) /.exec(execFileSync(args[0] ?? '', args.slice(1), { env }).toString())?.[1]
    expect(fingerprint(['ssh-add', '-l'])).toBe(fingerprint(['ssh-keygen', '-l', '-f', key]))
    const reach = ({ port }: SshRemote, known: string) => {
      const options = ['-F', '/dev/null', '-o', 'BatchMode=yes', '-o', `UserKnownHostsFile=${known}/known_hosts`]
      const user = new URL(remote.url).username
      return spawnSync('ssh', [...options, '-p', String(port), `${user}@127.0.0.1`, 'true'], { env })
    }
    const there = reach(elsewhere, place)
    expect(there.status).toBe(255)
    expect(there.stderr.toString()).toContain('Permission denied')
    expect(reach(remote, dirname(remote.bare)).status).toBe(0)
    writeFileSync(go, '')
    expect(await asked).toBe(git(remote.bare, ['rev-parse', 'main']))
    expect(left()).toEqual([])
  })

  test('the agent ends with a killed process, and the next one removes its folder', async () => {
    const { runtime, left } = berthGit()
    const code = `
      import { hostGit } from ${JSON.stringify(join(import.meta.dirname, '../../src/git/host-git.ts'))}
      import { armFaultPoint } from ${JSON.stringify(join(import.meta.dirname, '../../src/std/fault-point.ts'))}
      armFaultPoint('ssh.added:1', ${JSON.stringify(folder.at('fault'))})
      const [url, key, env, runtimeDir] = process.argv.slice(1)
      await hostGit({ runtimeDir }).resolve(url, 'main', JSON.parse(env), undefined, { sshKey: key })`
    const args = ['--input-type=module', '-e', code, remote.url, key, JSON.stringify(remote.stranger), runtime]
    const ended = spawnSync(process.execPath, args)
    expect(ended.stderr.toString()).toBe('')
    expect(ended.signal).toBe('SIGKILL')
    expect(left()).toHaveLength(1)
    await waitFor(() => agentsIn(runtime).length === 0, 'the end of the agent')
    hostGit({ runtimeDir: runtime })
    expect(left()).toEqual([])
  })

  test('an agent that outlived its process is ended, and no other', async () => {
    const { runtime, left } = berthGit()
    mkdirSync(join(runtime, 'ssh/0badcafe'), { recursive: true, mode: 0o700 })
    const socket = join(runtime, 'ssh/0badcafe/s')
    using person = personsAgent()
    await person.add(key)
    const child = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' })
    const ended = new Promise((resolve) => child.once('close', (_, signal) => resolve(signal)))
    await waitFor(() => existsSync(socket), 'the agent')
    hostGit({ runtimeDir: runtime })
    expect(await ended).toBe('SIGKILL')
    expect(left()).toEqual([])
    expect(existsSync(person.socket)).toBe(true)
  })

  test('a key with a passphrase is used by the caller’s agent, which has further ones', async () => {
    const { ask, runtime } = berthGit()
    const locked = lockedKey()
    using person = personsAgent()
    const callerEnv = { ...remote.stranger, SSH_AUTH_SOCK: person.socket }
    expect(await ask(locked)).toBe(
      `ssh-key-locked: --ssh-key: ${locked} has a passphrase, and this shell has no ssh agent | Unlock it for the agent with \`ssh-add ${locked}\`, or give a key without a passphrase.`,
    )
    await person.add(sshKey(folder.path).path)
    expect(await ask(locked, callerEnv)).toContain('and the ssh agent of this shell does not hold it')
    await person.add(key)
    expect(await ask(locked, callerEnv)).toBe(git(remote.bare, ['rev-parse', 'main']))
    expect(agentsIn(runtime)).toEqual([])
  })

  test('refuses what is no key of one person alone', async () => {
    const { ask } = berthGit()
    const open = sshKey(folder.path).path
    chmodSync(open, 0o640)
    expect(await ask(open)).toMatch(
      /^bad-ssh-key: --ssh-key: \S+ is open to other users \(mode 640\) \| Close it: `chmod 600 /,
    )
    expect(await ask(folder.at('none'))).toMatch(/^bad-ssh-key: --ssh-key: \S+none: there is no such file \| /)
    expect(await ask(folder.path)).toMatch(/is no regular file/)
    const text = folder.at('text')
    writeFileSync(text, readFileSync(`${key}.pub`), { mode: 0o600 })
    expect(await ask(text)).toMatch(
      /^bad-ssh-key: --ssh-key: \S+ is no private key: .* \| Give the private key, which has the same name/s,
    )
  })

  test('an OpenSSH that cannot bind a key to a host has it for the run', async () => {
    const { ask, left } = berthGit()
    const bin = folder.at('old')
    mkdirSync(bin)
    const real = execFileSync('sh', ['-c', 'command -v ssh-add']).toString().trim()
    const old = `#!/bin/sh\nfor word; do [ "$word" = -h ] && { echo "unknown option -- h" >&2; exit 1; }; done\n`
    writeFileSync(join(bin, 'ssh-add'), `${old}touch ${bin}/used\nexec ${real} "$@"\n`, { mode: 0o755 })
    const callerEnv = { ...remote.stranger, PATH: `${bin}:${process.env['PATH']}` }
    expect(await ask(key, callerEnv)).toBe(git(remote.bare, ['rev-parse', 'main']))
    expect(existsSync(join(bin, 'used'))).toBe(true)
    expect(left()).toEqual([])
  })

  test('refuses a host that nobody knows, and a command that it cannot read', async () => {
    const { ask, left } = berthGit()
    expect(await ask(key, remote.newcomer)).toMatch(
      /^repository-unreachable: .*no known_hosts file has a key of that host \| Connect/,
    )
    const odd = { ...remote.stranger, GIT_SSH_COMMAND: 'ssh -i $KEY' }
    expect(await ask(key, odd)).toMatch(
      /^bad-ssh-key: .*your ssh command \(GIT_SSH_COMMAND, .*\) is more than a program/,
    )
    expect(left()).toEqual([])
  })

  test('names of hosts and jump hosts of the caller’s configuration lead there, and the jump has its own key', async () => {
    const { berth } = berthGit()
    await using stack = new AsyncDisposableStack()
    const behind = await startSshRemote()
    stack.defer(() => behind.close())
    const [gate, place] = [dirname(remote.bare), dirname(behind.bare)]
    const known = folder.at('both')
    writeFileSync(known, `${readFileSync(`${gate}/known_hosts`)}${readFileSync(`${place}/known_hosts`)}`)
    const { username } = new URL(remote.url)
    const config = folder.at('jump-config')
    const to = (name: string, port: number, ...rest: readonly string[]) =>
      [`Host ${name}`, 'HostName 127.0.0.1', `Port ${port}`, `User ${username}`, ...rest].join('\n  ')
    writeFileSync(
      config,
      [
        to('gate', remote.port, `IdentityFile ${key}`, 'IdentitiesOnly yes'),
        to('inner', behind.port, 'ProxyJump gate', `IdentityFile ${key}`),
        `Host *\n  UserKnownHostsFile ${known}\n`,
      ].join('\n'),
    )
    const callerEnv = { PATH: process.env['PATH'] ?? '', HOME: folder.path, GIT_SSH_COMMAND: `ssh -F ${config}` }
    const url = `inner:${behind.bare}`
    const ask = (sshKey: string) => berth.resolve(url, 'main', callerEnv, undefined, { sshKey })
    expect((await ask(join(place, 'known'))).sha).toBe(git(behind.bare, ['rev-parse', 'main']))
    await expect(ask(key)).rejects.toThrow('Permission denied (publickey)')
  })

  test('a copy of the key reaches the host of the repository elsewhere, and knows no other', async () => {
    const { berth } = berthGit()
    const { url, stranger: callerEnv } = remote
    const place = folder.at('inside')
    mkdirSync(place)
    const copy = (over: object = {}) => berth.sshFiles({ sshKey: key, url, folder: place, callerEnv, ...over })
    for (const [name, text] of Object.entries(await copy())) writeFileSync(join(place, name), text, { mode: 0o600 })
    const env = { GIT_SSH_COMMAND: `ssh -F ${place}/ssh-config` }
    expect(git(folder.path, ['ls-remote', url, 'main'], { env })).toContain(git(remote.bare, ['rev-parse', 'main']))
    await using stack = new AsyncDisposableStack()
    const elsewhere = await startSshRemote()
    stack.defer(() => elsewhere.close())
    const user = `ssh://${new URL(url).username}@127.0.0.1`
    expect(() => git(folder.path, ['ls-remote', elsewhere.url], { env })).toThrow(/Host key verification failed/)
    expect(() => git(folder.path, ['ls-remote', `${user}:1/x`], { env })).toThrow(/Connection refused/)
    await expect(copy({ sshKey: lockedKey() })).rejects.toMatchObject({ code: 'ssh-key-locked' })
    await expect(copy({ callerEnv: remote.newcomer })).rejects.toThrow('no known_hosts file has a key of [127.0.0.1]:')
    await expect(copy({ url: 'https://git.test/a/b' })).rejects.toThrow('is not reached by ssh')
  })

  test('insteadOf decides what ssh serves', async () => {
    await using stack = new AsyncDisposableStack()
    const http = await startHttpRemote({ login: { user: 'ann', password: 'tops3cret' } })
    stack.defer(() => http.close())
    const { berth } = berthGit()
    const { stranger } = remote
    const instead = {
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: `url.${remote.url}.insteadOf`,
      GIT_CONFIG_VALUE_0: 'https://git.test/a',
    }
    const sha = git(remote.bare, ['rev-parse', 'main'])
    const asked = await berth.resolve('https://git.test/a', 'main', { ...stranger, ...instead }, undefined, {
      sshKey: key,
    })
    expect(asked.sha).toBe(sha)
    // A key that is no key does not matter where ssh is not used.
    const callerEnv = callerEnvWithLogin(folder.path, 'ann', 'tops3cret')
    const plain = await berth.resolve(http.url, 'main', callerEnv, undefined, { sshKey: folder.at('none') })
    expect(plain.branch).toBe('main')
  })
})
