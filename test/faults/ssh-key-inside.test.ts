import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { tokenPaths } from '../../src/domain/task-paths.ts'
import { anyEngine, TEST_ALL } from '../fixtures/engines.ts'
import { startSshRemote } from '../fixtures/remotes/start-ssh-remote.ts'
import { type Scene, scene } from '../fixtures/whole/scene.ts'

/** On the way of the copy of the key into the container, and of its removal. */
const POINTS = ['ssh.added', 'launch.folders', 'launch.key', 'launch.order', 'turn.ended', 'remove.after']

const secretsOf = ({ runtime }: Scene, id: string) => tokenPaths({ task: '', socket: join(runtime, 'g', id) }).secrets

describe.concurrent.each(anyEngine())(
  'the supervisor killed while a copy of the ssh key is inside, on $name',
  (engine) => {
    const begin = async () => {
      const remote = await startSshRemote()
      const s = await scene(engine, { remote, env: remote.stranger })
      const key = join(dirname(remote.bare), 'known')
      const given = ['--policy', 'open', '--ssh-key', key, '--ssh-key-inside']
      const start = async (more: readonly string[], fault: Readonly<Record<string, string>> = {}) => {
        const ran = await s.b.run(['start', ...s.job, '--provider-arg', 'commit=made.txt', ...given, ...more, 'go'], {
          env: fault,
        })
        expect(ran.stderr).toMatch(/^berth: warning: --ssh-key-inside: a copy of \S+ is in the container.*\n$/)
        return ran.stdout.trim()
      }
      return { s, key, start }
    }

    test('S2-9: the copy goes with the turn that the next one ends, and is masked in the log', async () => {
      const { s: made, key, start } = await begin()
      await using s = made
      const shell =
        'while [ ! -e .git/go ]; do sleep 0.05; done; cat /run/secrets/ssh-key; ls -ln /run/secrets /run/secrets/'
      const print = `${shell}; ssh -G git@x; env | grep GIT_SSH; ssh-keygen -y -f /run/secrets/ssh-key`
      const id = await start(['--provider-arg', `shell=${print}`])
      await s.b.until(id, ({ type }) => type === 'agent.started')
      expect(readdirSync(secretsOf(s, id)).sort()).toEqual(['ssh-config', 'ssh-key', 'ssh-known-hosts'])
      await s.kill(s.supervisorPid())
      expect(existsSync(join(secretsOf(s, id), 'ssh-key'))).toBe(true)
      expect((await s.b.run(['ls'])).code).toBe(0)
      s.letGo(id)
      await s.expectDone(id)
      expect(existsSync(secretsOf(s, id))).toBe(false)
      const { stdout } = await s.b.run(['log', id])
      expect(stdout).toContain('GIT_SSH_COMMAND=ssh -F /run/secrets/ssh-config')
      expect(stdout).toContain(readFileSync(`${key}.pub`, 'utf8').split(' ')[1])
      expect(stdout).toMatch(/-rw-------/)
      expect(stdout).toContain('BEGIN OPENSSH PRIVATE KEY')
      for (const line of readFileSync(key, 'utf8').split('\n').slice(1, 4)) expect(stdout).not.toContain(line)
    })

    const HELD = 'ls /run/secrets; while [ ! -e .git/go ]; do sleep 0.05; done'

    test.each(TEST_ALL ? ['stopped', 'stopped after its supervisor was killed'] : [])(
      'S2-9: nothing of the key is left of a turn that is %s',
      async (how) => {
        const { s: made, start } = await begin()
        await using s = made
        const id = await start(['--provider-arg', `shell=${HELD}`])
        await s.b.until(id, ({ type }) => type === 'agent.started')
        if (how !== 'stopped') await s.kill(s.supervisorPid())
        expect(existsSync(join(secretsOf(s, id), 'ssh-key'))).toBe(true)
        expect((await s.b.run(['stop', id])).code).toBe(0)
        await s.expectWhole()
        expect(existsSync(secretsOf(s, id))).toBe(false)
      },
    )

    test.each(TEST_ALL ? ['2m'] : [])('a warm container has the copy while a turn runs (kept for %s)', async (keep) => {
      const { s: made, start } = await begin()
      await using s = made
      const id = await start(['--keep-alive', keep, '--provider-arg', `shell=${HELD}`])
      await s.b.until(id, ({ type }) => type === 'agent.started')
      s.letGo(id)
      expect((await s.b.run(['wait', id])).stdout).toBe(`${id} done\n`)
      expect(readdirSync(secretsOf(s, id))).toEqual([])
      expect((await s.b.run(['send', id, 'again'])).code).toBe(0)
      expect((await s.b.run(['wait', id])).stdout).toBe(`${id} done\n`)
      const lists = (await s.b.run(['log', id])).stdout.match(/ssh-config\s+ssh-key\s+ssh-known-hosts/g)
      expect(lists).toHaveLength(2)
      expect(readdirSync(secretsOf(s, id))).toEqual([])
      expect((await s.b.run(['rm', '--force', id])).code).toBe(0)
      expect(existsSync(secretsOf(s, id))).toBe(false)
    })

    test.each(TEST_ALL ? POINTS : [])('%s: nothing of the key is left', async (point) => {
      const { s: made, start } = await begin()
      await using s = made
      const id = await start([], { BERTH_FAULT: `${point}:1` })
      await s.expectDone(id)
      expect(existsSync(join(s.b.home, 'fault'))).toBe(true)
      expect(existsSync(secretsOf(s, id))).toBe(false)
      expect(existsSync(join(s.runtime, 'ssh')) ? readdirSync(join(s.runtime, 'ssh')) : []).toEqual([])
    })
  },
)
