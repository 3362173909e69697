import { expect, test } from 'vitest'
import { parseConfig } from './config-file.ts'
import { mergeConfig } from './load-config.ts'
import { toTaskRequest } from './to-task-request.ts'

const request = (flags: Record<string, unknown>, toml = '') =>
  toTaskRequest(mergeConfig(flags, {}, parseConfig(toml, '/c.toml')), 'p')

test('further repositories are texts or tables', () => {
  const repos = ['team/lib', 'git@git.example:docs:manual', { repo: './x', folder: 'y', branch: 'next' }]
  expect(request({ repo: 'team/app', repos })).toMatchObject({
    repo: 'team/app',
    repos: [{ repo: 'team/lib' }, { repo: 'git@git.example:docs', folder: 'manual' }, repos[2]],
  })
})

test('what follows the main one is its folder only if there are others', () => {
  expect(request({ repo: './app:shop', repos: ['team/lib'] })).toMatchObject({ repo: './app', folder: 'shop' })
  expect(request({ repo: './app:shop' })).toMatchObject({ repo: './app:shop', repos: [] })
  expect(request({ repo: './app:shop' }).folder).toBeUndefined()
})

test('what the config file has for a task with one repository is left out; a flag is not', () => {
  const toml = 'shared-tree = true\ngit-credentials = "inside"\n'
  expect(request({ repo: 'team/app' }, toml)).toMatchObject({ sharedTree: true, gitCredentials: 'inside' })
  const asked = { repo: 'team/app', repos: ['team/lib'] }
  expect(request(asked, toml)).toMatchObject({ sharedTree: false, gitCredentials: 'outside' })
  expect(request({ ...asked, 'shared-tree': true }).sharedTree).toBe(true)
})

test.each([
  ['a number among them', [3]],
  ['a table without a repository', [{ folder: 'x' }]],
  ['an unknown key', [{ repo: 'team/lib', path: 'x' }]],
  ['a folder that is no name', [{ repo: 'team/lib', folder: '../x' }]],
  ['seventeen', Array.from({ length: 16 }, (_, n) => `team/lib${n}`)],
])('refused: %s', (_, repos) => {
  expect(() => request({ repo: 'team/app', repos })).toThrow(/^--repos: /)
})
