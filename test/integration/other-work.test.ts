import { expect, test } from 'vitest'
import { hostGit } from '../../src/git/host-git.ts'
import { git } from '../fixtures/remotes/git.ts'
import { type Berth, makeBerth, runWorker, sh } from './worker-harness.ts'

const FILES = { 'README.md': '# Hello\n', 'src/a.txt': 'a\n' }
const COMMIT = 'c() { echo "$1" > "$1"; git add "$1"; git commit -qm "$1"; }'

const publish = (berth: Berth) => berth.at('publish.git')
const take = (berth: Berth) =>
  hostGit({ path: process.env['PATH'] ?? '' }).take({
    bundle: berth.at('exchange/work.bundle'),
    publish: publish(berth),
    mirror: berth.mirror,
    base: berth.base,
    maxBytes: 10_000_000,
  })

/** A turn of this script; what it left, as the host took it. */
const leave = async (berth: Berth, script: string) => {
  const result = await runWorker(berth, berth.order(sh(`set -e; ${COMMIT}; ${script}`)))
  expect(result.out('e').toString()).toBe('')
  expect(result.get('fail')).toBeUndefined()
  const work = result.get('work')
  const taken = await take(berth)
  const subject = (sha: string) => git(publish(berth), ['log', '-1', '--format=%s', sha])
  const others = Object.fromEntries(
    taken.others.map(({ name, commits, sha }) => [name, { commits, at: subject(sha ?? '') }]),
  )
  return { work, taken, others, head: taken.head === null ? null : subject(taken.head), subject }
}

test('commits on another branch alone are kept and counted, and HEAD has nothing new', async () => {
  using berth = makeBerth(FILES)
  const script = `git switch -qc side; c one; c two; git switch -q berth/${berth.task}`
  const { work, taken, others } = await leave(berth, script)
  expect(work).toMatchObject({ head: berth.base, branches: ['side'] })
  expect(taken).toMatchObject({ head: null, commits: [] })
  expect(others).toEqual({ side: { commits: 2, at: 'two' } })
})

test('stashes, tags, an orphan and a branch named HEAD are kept beside the work; what HEAD has is not told twice', async () => {
  using berth = makeBerth(FILES)
  const script = `echo x >> README.md; git stash -q; echo y >> README.md; git stash -q
    git branch backup; c own; git tag light; git tag -am words heavy; git tag blob $(git rev-parse HEAD:own)
    git switch -q --detach; c tagged; git tag -am words lone; git switch -q berth/${berth.task}; git branch before; c last
    git pack-refs --all
    git branch alone $(git commit-tree -m alone HEAD^{tree})
    t=$(git commit-tree -p HEAD -m tag HEAD^{tree}); o=$(git commit-tree -p HEAD -m odd HEAD^{tree}); git update-ref refs/tags/HEAD $t
    git update-ref refs/heads/HEAD $o; git update-ref refs/heads/refs/berth/wip $o`
  const { taken, others, head } = await leave(berth, script)
  expect(head).toBe('last')
  expect(taken.descends).toBe(true)
  expect(others).toEqual({
    HEAD: { commits: 1, at: 'odd' },
    'tags/HEAD': { commits: 1, at: 'tag' },
    'refs/berth/wip': { commits: 1, at: 'odd' },
    alone: { commits: 1, at: 'alone' },
    'tags/lone': { commits: 1, at: 'tagged' },
    'stash@{0}': { at: expect.stringContaining('WIP') },
    'stash@{1}': { at: expect.stringContaining('WIP') },
  })
  const stashed = (at: number) => taken.others.find(({ name }) => name === `stash@{${at}}`)?.ref ?? ''
  expect(git(publish(berth), ['show', `${stashed(0)}:README.md`])).toBe('# Hello\ny')
  expect(git(publish(berth), ['show', `${stashed(1)}:README.md`])).toBe('# Hello\nx')
})

test.each([
  ['detached at the base', 'git switch -q --detach HEAD^'],
  ['detached in the middle', 'c second; git switch -q --detach HEAD^'],
  ['on a branch of the remote', 'git switch -q main'],
])('the task’s own branch is the work where HEAD was left %s', async (_, script) => {
  using berth = makeBerth(FILES)
  const { work, head, others } = await leave(berth, `c first; ${script}`)
  expect(head).toBe(script.includes('second') ? 'second' : 'first')
  expect(work).toMatchObject({
    branch: `berth/${berth.task}`,
    head: git(berth.at('work'), ['rev-parse', `berth/${berth.task}`]),
  })
  expect(others).toEqual({})
})

test('HEAD on another branch is the work, and the own branch is named', async () => {
  using berth = makeBerth(FILES)
  const { work, head, others } = await leave(berth, `c own; git switch -qc side origin/main; c side`)
  expect(work).toMatchObject({ branch: 'side' })
  expect(head).toBe('side')
  expect(others).toEqual({ [`berth/${berth.task}`]: { commits: 1, at: 'own' } })
})

test('a branch that git cannot read is named, and the others are kept', async () => {
  using berth = makeBerth(FILES)
  const script = `git branch good $(git commit-tree -p HEAD -m good HEAD^{tree})
    echo ${'1'.repeat(40)} > .git/refs/heads/broken; c own`
  const { work, others } = await leave(berth, script)
  expect(others).toEqual({ good: { commits: 1, at: 'good' } })
  expect(work).toMatchObject({ unkept: ['broken'], problem: expect.stringContaining('broken') })
})

test('rewritten history and a HEAD that was moved back are told', async () => {
  using berth = makeBerth(FILES)
  const rewritten = await leave(berth, 'git commit -q --amend -m other; c more')
  expect(rewritten).toMatchObject({ head: 'more', taken: { descends: false } })
  expect(rewritten.taken.commits).toHaveLength(2)
  using back = makeBerth(FILES)
  const { mirror } = back
  const next = git(mirror, ['commit-tree', '-p', 'main', '-m', 'second', 'main^{tree}'])
  git(mirror, ['update-ref', 'refs/heads/main', next])
  const order = back.order(sh('git reset -q --hard HEAD^'))
  const result = await runWorker(back, { ...order, workspace: { ...order.workspace, base: next } })
  expect(result.get('work')).toMatchObject({ head: back.base, base: next })
})

test('files that could not be committed are named as what lies in the workspace alone', async () => {
  using berth = makeBerth(FILES)
  const script = 'for i in $(seq 0 255); do at=.git/objects/$(printf %02x $i); rm -rf $at; : > $at; done; rm README.md'
  const result = await runWorker(berth, berth.order(sh(script)))
  expect(result.get('fail')).toMatchObject({ stage: 'commit' })
  expect(result.get('work')).toMatchObject({ unkept: ['uncommitted files'] })
})
