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

test('paths of this machine are named from the folder of the caller', () => {
  const settings = { workspace: '../c', 'workspace-template': 'w/build-{n}', 'workspace-prefix': 'w/', env: 'x' }
  expect(hostPathsFrom('/a/b', settings)).toEqual({
    workspace: '/a/c',
    'workspace-template': '/a/b/w/build-{n}',
    'workspace-prefix': '/a/b/w/',
  })
  expect(hostPathsFrom('/a/b', { output: '/c/d', workspace: 7 })).toEqual({ output: '/c/d' })
})
