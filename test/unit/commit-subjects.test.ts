import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { describe, expect, test } from 'vitest'
import { newSubjects } from '../../scripts/subjects/new-subjects.ts'
import { subjectFault } from '../../scripts/subjects/subject-fault.ts'
import { git } from '../fixtures/remotes/git.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'

describe('the subject of a commit', () => {
  test.each([
    'egress: refuse a foreign Host',
    'cli, config: take --no-color; docs: name it',
    'src/app: bring the rooms into order',
    'test: pass over what cannot run',
    `docs: ${'x'.repeat(94)}`,
    'Revert "egress: refuse a foreign Host"',
  ])('%s: taken', (subject) => {
    expect(subjectFault(subject)).toBeUndefined()
  })

  test.each([
    ['Refuse a foreign Host', 'names no subsystem'],
    ['Egress: refuse a foreign Host', 'names no subsystem'],
    ['egress:refuse a foreign Host', 'names no subsystem'],
    ['egress: ', 'names no subsystem'],
    ['egress: refused a foreign Host', '"refused" is not an imperative'],
    ['egress: refuses a foreign Host', '"refuses" is not an imperative'],
    ['egress: refusing a foreign Host', '"refusing" is not an imperative'],
    ['egress: Refuse a foreign Host', '"Refuse" is not an imperative'],
    ['docs: the rooms of src/app', '"the" is not an imperative'],
    [`docs: ${'x'.repeat(95)}`, 'has 101 characters'],
    ['egress: refuse a foreign Host.', 'ends with a dot'],
  ])('%s: refused', (subject, says) => {
    expect(subjectFault(subject)).toContain(says)
  })
})

describe('the commits that are checked', () => {
  /** A repository with a commit for each subject; the one named `rule` adds the rule. */
  const repository = (folder: string, subjects: readonly string[]) => {
    mkdirSync(folder)
    git(folder, ['init', '--quiet', '--initial-branch=main'])
    for (const subject of subjects) commit(folder, subject)
  }
  const commit = (folder: string, subject: string) => {
    const path = subject === 'rule' ? `${folder}/scripts/check-subjects.ts` : `${folder}/file`
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, subject)
    git(folder, ['add', '.'])
    git(folder, ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.org', 'commit', '--quiet', '-m', subject])
  }
  const found = (folder: string) => newSubjects(folder).map(({ subject }) => subject)

  test('without a remote: all since the rule', () => {
    using folder = temporaryFolder()
    repository(folder.at('a'), ['before', 'rule', 'one', 'two'])
    expect(found(folder.at('a'))).toEqual(['two', 'one'])
  })

  test('with a remote: what its default branch does not have; of a fresh clone, nothing', () => {
    using folder = temporaryFolder()
    repository(folder.at('a'), ['before', 'rule', 'one'])
    git(folder.path, ['clone', '--quiet', folder.at('a'), folder.at('b')])
    expect(found(folder.at('b'))).toEqual([])
    commit(folder.at('b'), 'mine')
    expect(found(folder.at('b'))).toEqual(['mine'])
  })

  test('on a branch from before the rule: none of its own, also when the rule was merged into it', () => {
    using folder = temporaryFolder()
    repository(folder.at('a'), ['before'])
    git(folder.at('a'), ['switch', '--quiet', '--create', 'old'])
    commit(folder.at('a'), 'old one')
    expect(found(folder.at('a'))).toEqual([])
    git(folder.at('a'), ['switch', '--quiet', 'main'])
    commit(folder.at('a'), 'rule')
    git(folder.at('a'), ['switch', '--quiet', 'old'])
    git(folder.at('a'), ['-c', 'user.name=Ada', '-c', 'user.email=a@b', 'merge', '--quiet', '--no-edit', 'main'])
    expect(found(folder.at('a'))).toEqual([])
  })

  test('where no repository is: none', () => {
    using folder = temporaryFolder()
    expect(found(folder.path)).toEqual([])
  })
})
