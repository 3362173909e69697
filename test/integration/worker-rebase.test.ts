import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { expect, test } from 'vitest'
import { OBJECTS_FOLDER, type WorkOrder } from '../../src/domain/worker-protocol.ts'
import { git } from '../fixtures/remotes/git.ts'
import { commitFiles } from '../fixtures/remotes/make-repository.ts'
import { type Berth, makeBerth, openBundle, runWorker } from './worker-harness.ts'

const LINES = Array.from({ length: 20 }, (_, i) => `line ${i}\n`).join('')
const FILES = { 'README.md': '# Hello\n', 'long.txt': LINES, 'old/name.txt': `${LINES}old\n` }

/** A clone in which a test makes both sides; theirs goes to the mirror, ours into the exchange. */
const sides = (berth: Berth) => {
  const folder = berth.at('clone')
  git('/', ['clone', '--quiet', berth.mirror, folder])
  const begin = (name: string, at = 'origin/main') => git(folder, ['checkout', '--quiet', '-B', name, at])
  const publish = (branch: string) => {
    git(folder, ['push', '--quiet', '--force', 'origin', `HEAD:refs/heads/${branch}`])
    return git(folder, ['rev-parse', 'HEAD'])
  }
  const bring = (...shas: readonly string[]) => {
    const pack = berth.at('exchange', OBJECTS_FOLDER, 'pack')
    mkdirSync(pack, { recursive: true })
    const input = [...shas, ...(berth.base === '' ? [] : [`^${berth.base}`]), ''].join('\n')
    git(folder, ['pack-objects', '--quiet', '--revs', `${pack}/pack`], { input })
  }
  const rebase = async (rebase: NonNullable<WorkOrder['rebase']>) => {
    bring(rebase.head, ...(rebase.wip === null ? [] : [rebase.wip]))
    const paths = { ...berth.order(null).paths, work: berth.at('exchange', 'tree') }
    return await runWorker(berth, berth.order(null, { paths, rebase }))
  }
  return { folder, begin, publish, rebase }
}

const subjects = (folder: string, range: string) => git(folder, ['log', '--format=%s', range]).split('\n')

test('commits go on top of the other side: author, message and trailer stay, the committer is ours', async () => {
  using berth = makeBerth(FILES)
  const { folder, begin, publish, rebase } = sides(berth)
  begin('ours')
  commitFiles(folder, { 'long.txt': LINES.replace('line 1\n', 'our line\n') }, 'first of ours')
  git(folder, ['mv', 'old/name.txt', 'new.txt'])
  const body = `second of ours\n\n# not a comment\n\nBerth-Task: ${berth.task}`
  git(folder, ['commit', '--quiet', '-m', body, '--author', 'Agent <agent@example.invalid>'])
  const head = git(folder, ['rev-parse', 'HEAD'])
  begin('theirs')
  const onto = commitFiles(
    folder,
    { 'long.txt': LINES.replace('line 18\n', 'their line\n'), 'old/name.txt': `${LINES}theirs\n` },
    'theirs',
  )
  publish('main')
  const result = await rebase({ head, wip: head, upstream: onto, onto })
  expect(result).toMatchObject({ code: 0 })
  const { folder: taken, refs } = openBundle(berth)
  const sha = refs['HEAD'] ?? ''
  expect(result.get('rebased')).toMatchObject({ head: sha, wip: sha })
  expect(subjects(taken, `${onto}..${sha}`)).toEqual(['second of ours', 'first of ours'])
  expect(git(taken, ['log', '-1', '--format=%an|%cn|%B', sha])).toBe(`Agent|Ann Other|${body}`)
  expect(git(taken, ['show', `${sha}:new.txt`])).toContain('theirs')
  expect(git(taken, ['show', `${sha}:long.txt`])).toMatch(/our line[\s\S]*their line/)
  expect(readdirSync(berth.at('exchange', 'tree'))).toEqual([])
})

test('a merge of the work’s own branches is made again, what they have in common with the other side is left out', async () => {
  using berth = makeBerth(FILES)
  const { folder, begin, publish, rebase } = sides(berth)
  begin('side')
  commitFiles(folder, { 'side.txt': 'side\n' }, 'on a side')
  begin('ours')
  commitFiles(folder, { 'same.txt': 'same\n' }, 'the same on both sides')
  git(folder, ['merge', '--quiet', '--no-ff', '-m', 'merge side', 'side'])
  const head = git(folder, ['rev-parse', 'HEAD'])
  begin('theirs')
  const onto = commitFiles(folder, { 'same.txt': 'same\n', 'theirs.txt': 'theirs\n' }, 'theirs')
  publish('main')
  expect(await rebase({ head, wip: null, upstream: onto, onto })).toMatchObject({ code: 0 })
  const { folder: taken, refs } = openBundle(berth)
  const sha = refs['HEAD'] ?? ''
  expect(git(taken, ['merge-base', onto, sha])).toBe(onto)
  expect(subjects(taken, `${onto}..${sha}`).sort()).toEqual(['merge side', 'on a side'])
  expect(git(taken, ['rev-list', '--min-parents=2', '--count', sha])).toBe('1')
  const files = git(taken, ['ls-tree', '--name-only', sha]).split('\n')
  expect(files).toEqual(expect.arrayContaining(['same.txt', 'side.txt', 'theirs.txt']) as string[])
})

test('a merge of a branch that others have published is not made anew: it says why', async () => {
  using berth = makeBerth(FILES)
  const { folder, begin, publish, rebase } = sides(berth)
  begin('feature')
  commitFiles(folder, { 'feature.txt': 'feature\n' }, 'a feature')
  publish('feature')
  begin('ours')
  commitFiles(folder, { 'ours.txt': 'ours\n' }, 'ours')
  git(folder, ['merge', '--quiet', '--no-ff', '-m', 'merge feature', 'feature'])
  const head = git(folder, ['rev-parse', 'HEAD'])
  begin('theirs')
  const onto = commitFiles(folder, { 'theirs.txt': 'theirs\n' }, 'theirs')
  publish('main')
  const result = await rebase({ head, wip: null, upstream: onto, onto })
  expect(result.code).toBe(125)
  expect(result.get('fail')).toMatchObject({ stage: 'rebase', message: expect.stringContaining('merges') as string })
})

test('a conflict names files and commit; work that the other side has already leaves nothing', async () => {
  using berth = makeBerth(FILES)
  const { folder, begin, publish, rebase } = sides(berth)
  begin('ours')
  const head = commitFiles(folder, { 'README.md': 'ours\n', 'new ü.txt': 'ours\n' }, 'of ours')
  begin('theirs')
  const onto = commitFiles(folder, { 'README.md': 'theirs\n', 'new ü.txt': 'theirs\n' }, 'theirs')
  publish('main')
  const result = await rebase({ head, wip: head, upstream: onto, onto })
  expect(result.code).toBe(0)
  expect(result.get('conflict')).toMatchObject({ files: ['README.md', 'new ü.txt'], at: 'of ours' })
  expect(result.get('rebased')).toBeUndefined()
  rmSync(berth.at('exchange', 'tree'), { recursive: true })
  begin('same')
  const same = commitFiles(folder, { 'README.md': 'ours\n', 'new ü.txt': 'ours\n' }, 'by somebody else')
  publish('main')
  const again = await rebase({ head, wip: head, upstream: same, onto: same })
  expect(again.get('rebased')).toMatchObject({ head: same, wip: same, bundle: null })
})

test('the first commits of two tasks on an empty repository', async () => {
  using berth = makeBerth('empty')
  const folder = berth.at('clone')
  git('/', ['clone', '--quiet', berth.mirror, folder])
  git(folder, ['checkout', '--quiet', '--orphan', 'theirs'])
  const onto = commitFiles(folder, { 'theirs.txt': 'theirs\n' }, 'theirs')
  git(folder, ['push', '--quiet', 'origin', 'HEAD:refs/heads/main'])
  git(folder, ['checkout', '--quiet', '--orphan', 'ours'])
  git(folder, ['rm', '--quiet', '-rf', '.'])
  const head = commitFiles(folder, { 'ours.txt': 'ours\n' }, 'ours')
  const pack = berth.at('exchange', OBJECTS_FOLDER, 'pack')
  mkdirSync(pack, { recursive: true })
  git(folder, ['pack-objects', '--quiet', '--revs', `${pack}/pack`], { input: `${head}\n` })
  const paths = { ...berth.order(null).paths, work: berth.at('exchange', 'tree') }
  const order = berth.order(null, { paths, rebase: { head, wip: null, upstream: '', onto } })
  expect(await runWorker(berth, order)).toMatchObject({ code: 0 })
  const { folder: taken, refs } = openBundle(berth)
  expect(subjects(taken, refs['HEAD'] ?? '')).toEqual(['ours', 'theirs'])
})
