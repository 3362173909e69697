import { mkdirSync, readdirSync } from 'node:fs'
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
