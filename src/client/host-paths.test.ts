import { expect, test } from 'vitest'
import { hostPathsFrom } from './host-paths.ts'

test('paths of this machine are named from its root, and names stay', () => {
  expect(
    hostPathsFrom('/here', {
      'seccomp-profile': 'a.json',
      'apparmor-profile': './b',
      output: '../out',
      'transcript-dir': '/lines',
      repo: 'o/n',
    }),
  ).toEqual({
    'seccomp-profile': '/here/a.json',
    'apparmor-profile': '/here/b',
    output: '/out',
    'transcript-dir': '/lines',
  })
  expect(hostPathsFrom('/here', { 'apparmor-profile': 'docker-default', output: '' })).toEqual({})
})
