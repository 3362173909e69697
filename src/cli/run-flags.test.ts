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

test('repeated flags add up, whatever their spelling', () => {
  expect(settingsOf('--env', 'A=1', '--container-env', 'B=2', '--container-env', 'C', '-e', 'D=4')).toEqual({
    env: ['A=1', 'D=4', 'B=2', 'C'],
  })
})

test('other spellings are no part of the help', () => {
  const help = addRunFlags(new Command('run'), []).helpInformation()
  expect(help).toContain('--image')
  expect(help).not.toMatch(/--container-|--provider |--cpu </)
})

test('--container-dry-run is taken', () => {
  expect(optionsOf(['--container-dry-run', 'prompt'])).toMatchObject({ containerDryRun: true })
})
