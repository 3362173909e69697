import { Command } from 'commander'
import { expect, test } from 'vitest'
import { addRunFlags, givenSettings } from './run-flags.ts'

const optionsOf = (words: readonly string[]) => {
  const command = addRunFlags(new Command('run').argument('[prompt...]'), []).exitOverride()
  command.parse([...words], { from: 'user' })
  return command.opts()
}
const settingsOf = (...words: readonly string[]) => givenSettings(optionsOf(words))

test.each([
  ['--provider', '--agent', 'claude'],
  ['--cpu', '--cpus', '1.5'],
  ['--container-runtime', '--engine', 'podman'],
  ['--container-image', '--image', 'debian:12'],
  ['--container-name', '--name', 'fix'],
  ['--container-env', '--env', 'A=1'],
  ['--container-volume', '--volume', '/data:/data:ro'],
  ['--container-workdir', '--workdir', '/work/sub'],
  ['--cd', '--workdir', '/work/sub'],
  ['--container-engine', '--engine', 'podman'],
  ['--container-policy', '--policy', 'open'],
  ['--container-keep-alive', '--keep-alive', '5m'],
  ['--container-preset', '--preset', 'review'],
  ['--container-cpus', '--cpus', '1.5'],
  ['--container-cpu', '--cpus', '1.5'],
  ['--container-memory', '--memory', '2g'],
  ['--container-pids', '--pids', '99'],
  ['--container-pull', '--pull', 'always'],
  ['--container-user', '--user', '4242'],
  ['--container-label', '--label', 'team=blue'],
])('%s is another spelling of %s', (alias, flag, value) => {
  const asked = settingsOf(flag, value, 'prompt')
  expect(Object.keys(asked)).toEqual([flag.slice(2)])
  expect(settingsOf(alias, value, 'prompt')).toEqual(asked)
})

test('--cd names a folder of the work tree, too', () => {
  expect(settingsOf('--cd', 'sub/folder', 'prompt')).toEqual({ workdir: '/work/sub/folder' })
})

test('--container-disable-network is the policy that has no network, and beside --policy an error', () => {
  expect(settingsOf('--container-disable-network', 'prompt')).toEqual({ policy: 'sandboxed' })
  expect(() => settingsOf('--container-disable-network', '--policy', 'open', 'prompt')).toThrow('cannot be used with')
})

test('every flag of a container has its long spelling', () => {
  const own = ['engine', 'image', 'name', 'env', 'volume', 'workdir', 'cpus', 'memory', 'pids', 'pull', 'user', 'label']
  for (const key of [...own, 'policy', 'keep-alive', 'preset', 'env-file'])
    expect(() => optionsOf([`--container-${key}`, 'x', 'prompt'])).not.toThrow()
})

test('repeated flags add up, whatever their spelling', () => {
  expect(settingsOf('--env', 'A=1', '--container-env', 'B=2', '--container-env', 'C', '-e', 'D=4')).toEqual({
    env: ['A=1', 'D=4', 'B=2', 'C'],
  })
})

test('the first --repo is the main repository, the others are further ones', () => {
  expect(settingsOf('--repo', 'a')).toEqual({ repo: 'a' })
  expect(settingsOf('--repo', 'a', '--branch', 'b', '--repo', 'c:d', '--repo=e')).toEqual({
    repo: 'a',
    branch: 'b',
    repos: ['c:d', 'e'],
  })
  expect(settingsOf('--no-repo')).toEqual({})
})

test('other spellings are no part of the help', () => {
  const help = addRunFlags(new Command('run'), []).helpInformation()
  expect(help).toContain('--image')
  expect(help).not.toMatch(/--container-|--provider |--cpu </)
})

test('--container-dry-run is taken', () => {
  expect(optionsOf(['--container-dry-run', 'prompt'])).toMatchObject({ containerDryRun: true })
})
