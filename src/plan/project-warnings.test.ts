import { describe, expect, it } from 'vitest'
import { isGroup } from '../domain/network/groups.ts'
import { parseTarget } from '../domain/network/parse-target.ts'
import { groupOfLock, isLockFile, type Project } from '../domain/network/project.ts'
import { projectWarnings, unenforcedDenies } from './project-warnings.ts'

const NOTHING: Project = { locks: [], deny: [], allow: [] }
const said = (project: Partial<Project>, ...allowed: readonly string[]) =>
  projectWarnings(
    { ...NOTHING, ...project },
    allowed.flatMap((target) => {
      const rules = parseTarget(target, 'flag')
      return rules.ok ? rules.value : []
    }),
  )

describe('what a repository wishes for', () => {
  it('is said with the flags that would grant it, quoted for a shell, and is granted by nothing else', () => {
    expect(said({ allow: ['npm', 'api.example.org GET /a', 'example.org:8443'] }, 'example.org:8443')).toEqual([
      ".berth/config.toml of the repository wishes to reach npm, api.example.org GET /a, which Berth does not grant by itself; to allow it: --allow npm --allow 'api.example.org GET /a'",
    ])
    expect(said({ allow: ['github'] }, 'github push')).toEqual([])
    expect(said({ allow: ['npm'] }, 'npm private')).toEqual([])
    expect(said({})).toEqual([])
  })

  it('is said where it denies what no rule can: outside of a sandbox', () => {
    expect(unenforcedDenies({ ...NOTHING, deny: ['a.org', 'npm'] })).toEqual([
      '.berth/config.toml of the repository denies a.org, npm, and Berth applies rules only to sandboxed tasks',
    ])
    expect(unenforcedDenies(NOTHING)).toEqual([])
  })
})

describe('lock files', () => {
  it.each([
    ['package-lock.json', 'npm'],
    ['pnpm-lock.yaml', 'npm'],
    ['yarn.lock', 'npm'],
    ['Cargo.lock', 'crates'],
    ['go.sum', 'go'],
    ['poetry.lock', 'pypi'],
    ['uv.lock', 'pypi'],
    ['requirements.txt', 'pypi'],
    ['Gemfile.lock', 'rubygems'],
    ['pom.xml', 'maven'],
    ['gradle.lockfile', 'gradle'],
  ])('%s wants %s', (name, group) => {
    expect([isLockFile(name), groupOfLock(name)]).toEqual([true, group])
    expect(isGroup(group)).toBe(true)
    expect(said({ locks: [name] })).toEqual([
      `the repository has ${name}, and no rule allows its registry; to let the agent install: --allow ${group}`,
    ])
    expect(said({ locks: [name] }, group)).toEqual([])
  })

  it.each([['npm private'], ['registry.npmjs.org'], ['*.npmjs.org']])(
    'are not said where %s reaches the registry',
    (target) => {
      expect(said({ locks: ['package-lock.json'] }, target)).toEqual([])
      expect(said({ locks: ['package-lock.json'] }, 'registry.corp.example')).toHaveLength(1)
    },
  )

  it('of one registry are said once, those of several together', () => {
    expect(said({ locks: ['package-lock.json', 'yarn.lock', 'uv.lock', 'Cargo.lock'] }, 'crates')).toEqual([
      'the repository has package-lock.json, uv.lock, and no rule allows its registry; to let the agent install: --allow npm --allow pypi',
    ])
  })

  it('are no other files, whatever their names', () => {
    expect(['constructor', '__proto__', 'toString', 'package.json', ''].map(isLockFile)).toEqual(Array(5).fill(false))
  })
})
