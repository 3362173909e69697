import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { defaultConcurrency } from './default-concurrency.ts'
import { supervisorSettings } from './supervisor-settings.ts'

const setup = (env: Record<string, string> = {}) => {
  const folder = mkdtempSync(join(tmpdir(), 'berth-settings-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'config.toml')
  const mistakes: string[] = []
  const settings = supervisorSettings({ file, env, onMistake: (error) => mistakes.push(String(error)) })
  return { settings, mistakes, file, write: (text: string) => writeFileSync(file, text) }
}

test('a file that changes is in force at once; with a mistake in it the last settings stay', () => {
  const { settings, mistakes, write } = setup()
  expect(settings().hook).toBeNull()
  write('hook = ["/bin/echo", "a b"]\nhook-on = ["done"]\nhook-timeout = "5s"')
  const first = { argv: ['/bin/echo', 'a b'], states: new Set(['done']), limitMs: 5000 }
  expect(settings().hook).toEqual(first)
  write('hook = "wrong"')
  expect([settings().hook, settings().hook]).toEqual([first, first])
  expect(mistakes).toHaveLength(1)
  expect(mistakes[0]).toContain('hook: expected a list')
  write('hook = []')
  expect(settings().hook).toBeNull()
})

test('without more it is for the states that a person waits for', () => {
  const { settings, write } = setup()
  write('hook = ["/bin/true"]')
  expect([...(settings().hook?.states ?? [])]).toEqual(['blocked', 'ready', 'done', 'failed', 'stopped', 'died'])
  expect(settings().hook?.limitMs).toBe(30_000)
})

test('limits of the queue: a table, or NAME=NUMBER in the variable', () => {
  const { settings, mistakes, write } = setup()
  expect(settings().queue).toEqual({ concurrency: defaultConcurrency().most, labels: {} })
  write('concurrency = 4\n[label-concurrency]\nbatch = 2\n"team=a" = 1')
  expect(settings().queue).toEqual({ concurrency: 4, labels: { batch: 2, 'team=a': 1 } })
  write('concurrency = 0')
  expect(settings().queue.concurrency).toBe(4)
  expect(mistakes[0]).toContain('concurrency: 0 is not allowed: at least 1')
  const shell = setup({ BERTH_CONCURRENCY: '3', BERTH_LABEL_CONCURRENCY: 'batch=2,team=a=1' })
  expect(shell.settings().queue).toEqual({ concurrency: 3, labels: { batch: 2, 'team=a': 1 } })
})

test.each([
  ['/opt/notify,--to,me', ['/opt/notify', '--to', 'me']],
  ['["/opt/notify", "a, b"]', ['/opt/notify', 'a, b']],
])('the variable beats the file: %s', (text, argv) => {
  const { settings, write } = setup({ BERTH_HOOK: text })
  write('hook = ["/bin/true"]')
  expect(settings().hook?.argv).toEqual(argv)
})

test('lists of what tasks may have: an empty list allows nothing, without one everything is allowed', () => {
  const { settings, write } = setup()
  write('')
  expect(settings()).toMatchObject({ mountRoots: null, envAllow: null, allowedRepositories: null, allowedHosts: null })
  write('mount-roots = []\nenv-allow = ["CI", "NPM_*"]')
  expect(settings()).toMatchObject({ mountRoots: [], envAllow: ['CI', 'NPM_*'] })
  write('allowed-repositories = []\nallowed-hosts = ["npm"]')
  expect(settings()).toMatchObject({ allowedRepositories: [], allowedHosts: ['npm'] })
})

test('while the first settings cannot be read, nothing that they may forbid is allowed', () => {
  const { settings, write } = setup()
  write('mount-roots = 3')
  expect(settings()).toMatchObject({ mountRoots: [], envAllow: [], allowedRepositories: [], allowedHosts: [] })
})

test('workspace-base-dir takes an absolute path; without one, workspaces lie in the state folder', () => {
  const { settings, mistakes, write } = setup()
  write('')
  expect(settings().workspaceBaseDir).toBeNull()
  write('workspace-base-dir = "/srv/work"')
  expect(settings().workspaceBaseDir).toBe('/srv/work')
  write('workspace-base-dir = "work"')
  expect(settings().workspaceBaseDir).toBe('/srv/work')
  expect(mistakes[0]).toContain('workspace-base-dir: "work" is not an absolute path')
})
