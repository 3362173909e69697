import { describe, expect, test } from 'vitest'
import { parseNamedSource } from './named-source.ts'

describe('a repository with its folder', () => {
  test.each([
    ['https://host.example/team/lib.git:vendor', 'https://host.example/team/lib.git', 'vendor'],
    ['ssh://git@host.example:2222/team/lib:vendor', 'ssh://git@host.example:2222/team/lib', 'vendor'],
    ['git@host.example:team/lib:vendor', 'git@host.example:team/lib', 'vendor'],
    ['host:lib:vendor', 'host:lib', 'vendor'],
    ['team/lib:vendor', 'team/lib', 'vendor'],
    ['./lib:vendor', './lib', 'vendor'],
    ['.:here', '.', 'here'],
    ['/srv/lib.git:v1.2_x-y', '/srv/lib.git', 'v1.2_x-y'],
    ['~/lib:8080', '~/lib', '8080'],
  ])('%s', (text, repo, folder) => {
    expect(parseNamedSource(text)).toEqual({ repo, folder })
  })

  test.each([
    'https://host.example/team/lib.git',
    'https://host.example',
    'https://host.example:8080/team/lib',
    'ssh://host.example:22',
    'git@host.example:lib',
    'git@host.example:team/lib',
    'host:lib',
    './lib',
    './lib:',
    './lib:.git',
    './lib:lib.git',
    './lib:a/b',
    './lib:..',
    './lib:-x',
    `./lib:${'a'.repeat(65)}`,
    ':vendor',
    'lib:vendor',
    '',
  ])('%s has no folder', (text) => {
    expect(parseNamedSource(text)).toEqual({ repo: text })
  })
})
