import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { hostGit } from '../../src/git/host-git.ts'
import { type Crafted, craftBundle, craftTree } from '../fixtures/remotes/craft-bundle.ts'
import { git } from '../fixtures/remotes/git.ts'
import { bundleWork, cloneWork, commitAndBundle, type Work } from '../fixtures/remotes/make-bundle.ts'
import { commitFiles } from '../fixtures/remotes/make-repository.ts'
import type { Remote } from '../fixtures/remotes/remote.ts'
import { startFileRemote } from '../fixtures/remotes/start-file-remote.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'

const berth = hostGit()
let folder: ReturnType<typeof temporaryFolder>
let remote: Remote
let work: Work
let mirror = ''

beforeEach(async () => {
  folder = temporaryFolder()
  remote = await startFileRemote()
  const sha = git(remote.bare, ['rev-parse', 'main'])
  const { url, callerEnv } = remote
  mirror = (await berth.mirror({ mirrorsDir: folder.at('mirrors'), url, sha, pin: 'p', callerEnv })).path
  work = cloneWork(mirror, folder.at('work'), sha)
})
afterEach(async () => {
  await remote.close()
  folder[Symbol.dispose]()
})

const publish = () => folder.at('publish.git')
const take = (bundle: string, maxBytes = 10e6, base = work.base) =>
  berth.take({ bundle, publish: publish(), mirror, base, maxBytes })

const refusal = async (bundle: string, maxBytes?: number) => {
  const error = await take(bundle, maxBytes).then(
    () => ({ code: 'taken', message: '' }),
    (reason) => reason as { code: string; message: string },
  )
  expect(error.code).toBe('work-refused')
  const left = readdirSync(join(publish(), 'objects/pack'))
  expect(git(publish(), ['for-each-ref'])).toBe('')
  return { message: error.message, left }
}

const craft = (crafted: Omit<Crafted, 'from'>) =>
  craftBundle(folder.at('bad.bundle'), { from: work.folder, ...crafted })

/** A commit on the base with this tree, and a bundle of it with the objects named. */
const bundleTree = (tree: string, objects: readonly string[]) => {
  const commit = git(work.folder, ['commit-tree', '-p', work.base, '-m', 'x', tree])
  return craft({ header: [`-${work.base}`, `${commit} HEAD`], objects: [commit, tree, ...objects] })
}

describe('take', () => {
  it('takes turn after turn, and the refs of the last one', async () => {
    const first = commitAndBundle(work, 'one\n')
    expect(await take(first.bundle)).toMatchObject({ head: first.head, wip: first.wip, descends: true })
    const second = commitAndBundle(work, 'two\n')
    const taken = await take(second.bundle)
    expect(taken.commits.map((commit) => commit.sha)).toEqual([second.head, first.head])
    expect(await take(second.bundle)).toEqual(taken)
    expect(git(publish(), ['for-each-ref', '--format=%(objectname) %(refname)'])).toBe(
      [
        `${second.head} refs/berth/take/head`,
        `${second.head} refs/berth/take/heads/berth/t-1`,
        `${second.wip} refs/berth/take/wip`,
      ].join('\n'),
    )
    expect(git(publish(), ['fsck', '--strict', '--no-dangling'])).toBe('')
    // nothing of the mirror is copied: without it the base is gone
    writeFileSync(join(publish(), 'objects/info/alternates'), '')
    expect(() => git(publish(), ['cat-file', '-e', work.base])).toThrow()
  })

  it('tells commits that do not follow the base, and caps a long list', async () => {
    git(work.folder, ['checkout', '-q', '--orphan', 'other'])
    commitAndBundle(work)
    const orphan = await take(bundleWork(work, ['HEAD']))
    expect(orphan.descends).toBe(false)
    expect(orphan).toMatchObject({ wip: null, branches: [] })
    git(work.folder, ['checkout', '-q', '-B', 'many', work.base])
    const stream = Array.from({ length: 1100 }, (_, n) =>
      [
        'commit refs/heads/many',
        `committer T <t@example.invalid> ${1700000000 + n} +0000`,
        `data 9\n\u001b[31m${String(n).padStart(4, '0')}`,
        ...(n === 0 ? [`from ${work.base}`] : []),
        '',
      ].join('\n'),
    )
    git(work.folder, ['fast-import', '--quiet', '--force'], { input: stream.join('') })
    const many = await take(bundleWork(work, ['HEAD', 'refs/heads/many']))
    expect(many.descends).toBe(true)
    expect(many.commits.length).toBe(1000)
    expect(many.commits[0]?.subject).toBe(' [31m1099')
  })

  it('takes the first commits of an empty repository', async () => {
    git(work.folder, ['checkout', '-q', '--orphan', 'first'])
    const { head } = commitAndBundle(work)
    const bundle = folder.at('first.bundle')
    git(work.folder, ['bundle', 'create', '-q', bundle, 'HEAD', 'refs/heads/first'])
    const taken = await take(bundle, 10e6, '')
    expect(taken).toMatchObject({ head, descends: true, commits: [{ sha: head }] })
  })

  it('counts what was changed, uncommitted files included; of a large file no lines', async () => {
    writeFileSync(join(work.folder, 'large.txt'), 'a line\n'.repeat(1_500_000))
    git(work.folder, ['add', 'large.txt'])
    const { bundle } = commitAndBundle(work)
    const taken = await take(bundle)
    const small = git(work.folder, ['diff', '--shortstat', work.base, taken.wip ?? '', '--', ':!large.txt'])
    const [files = 0, insertions] = small.match(/\d+/g)?.map(Number) ?? []
    expect(taken.changes).toEqual({ files: files + 1, insertions, deletions: 0 })
  })

  it('shows a diff of any two, without the repository’s drivers', async () => {
    const { bundle, head } = commitAndBundle(work)
    await take(bundle)
    const read = async (from: string, to: string, stat: boolean) => {
      const parts: Buffer[] = []
      for await (const part of berth.diff({ publish: publish(), from, to, stat })) parts.push(part)
      return Buffer.concat(parts).toString()
    }
    expect(await read(work.base, head, true)).toContain('work.txt | 1 +')
    expect(await read('', head, false)).toContain('+# Hello')
    expect(await read(head, head, false)).toBe('')
    await expect(read(work.base, '1'.repeat(40), false)).rejects.toMatchObject({ code: 'internal' })
    expect(readdirSync(publish()).filter((name) => name.startsWith('diff-'))).toEqual([])
  })
})

describe('a commit whose few trees name ten thousand million files', () => {
  const mktree = (rows: readonly string[]) => git(work.folder, ['mktree'], { input: `${rows.join('\n')}\n` })
  const ten = (what: string) => Array.from({ length: 10 }, (_, i) => `${what}\tf${i}`)
  const blobOf = (input: string) => git(work.folder, ['hash-object', '-w', '--stdin'], { input })

  it('is taken without a count, and a comparison says that it has too many files', async () => {
    const [file, attributes] = [blobOf('x\n'), blobOf('*.bin filter=lfs\n')]
    const trees = [mktree(ten(`100644 blob ${file}`))]
    for (let level = 1; level < 10; level += 1) trees.push(mktree(ten(`040000 tree ${trees.at(-1)}`)))
    const top = mktree([`100644 blob ${attributes}\t.gitattributes`, `040000 tree ${trees.at(-1)}\tdeep`])
    const taken = await take(bundleTree(top, [...trees, file, attributes]))
    expect(taken.head).not.toBeNull()
    expect(taken.changes).toBeUndefined()
    expect(taken.rawLfs).toBeUndefined()
    const parts = berth.diff({ publish: publish(), from: work.base, to: taken.head ?? '', stat: true })
    await expect(parts[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      code: 'not-allowed',
      message: expect.stringContaining('too many files'),
    })
  })
})

describe('files of Git LFS', () => {
  it('are named where they were committed as they are', async () => {
    mkdirSync(`${work.folder}/sub`)
    writeFileSync(`${work.folder}/.gitattributes`, '*.bin filter=lfs diff=lfs merge=lfs -text\n')
    writeFileSync(`${work.folder}/sub/.gitattributes`, 'plain.bin -filter\n')
    writeFileSync(`${work.folder}/sub/plain.bin`, 'plain')
    writeFileSync(`${work.folder}/raw.bin`, 'raw')
    writeFileSync(`${work.folder}/large.bin`, 'x'.repeat(5000))
    writeFileSync(
      `${work.folder}/pointer.bin`,
      `version https://git-lfs.github.com/spec/v1\noid sha256:${'a'.repeat(64)}\nsize 3\n`,
    )
    const { bundle } = commitAndBundle(work)
    expect((await take(bundle)).rawLfs).toEqual(['large.bin', 'raw.bin'])
    expect(existsSync(join(publish(), 'index'))).toBe(false)
  })
})

describe('diff', () => {
  const read = async (to: string, stat: boolean, binary = true) => {
    const parts: Buffer[] = []
    for await (const part of berth.diff({ publish: `${work.folder}/.git`, from: work.base, to, stat, binary }))
      parts.push(part)
    return Buffer.concat(parts).toString('latin1')
  }

  it('compares and counts in a repository whose pack is larger than git may use memory', async () => {
    const fast = ['-c', 'core.compression=0', '-c', 'core.bigFileThreshold=1m']
    writeFileSync(`${work.folder}/big`, '')
    truncateSync(`${work.folder}/big`, 520 * 1024 ** 2)
    git(work.folder, [...fast, 'add', 'big'])
    git(work.folder, ['commit', '-q', '-m', 'big'])
    const base = git(work.folder, ['rev-parse', 'HEAD'])
    writeFileSync(`${work.folder}/small`, 'small\n')
    git(work.folder, ['add', 'small'])
    git(work.folder, ['commit', '-q', '-m', 'small'])
    git(work.folder, [...fast, '-c', 'pack.window=0', 'repack', '-a', '-d', '-q'])
    const to = git(work.folder, ['rev-parse', 'HEAD'])
    const parts: Buffer[] = []
    const repository = `${work.folder}/.git`
    for await (const part of berth.diff({ publish: repository, from: base, to, stat: false })) parts.push(part)
    expect(Buffer.concat(parts).toString()).toContain('+small\n')
  })

  it('says what is huge with its size, in any name, and shows the rest', async () => {
    const odd = Buffer.from(`${work.folder}/hu\xe9*ge`, 'latin1')
    for (const name of [Buffer.from(`${work.folder}/new "huge"`), odd]) {
      writeFileSync(name, '')
      truncateSync(name, 40 * 1024 ** 2)
    }
    writeFileSync(`${work.folder}/small`, 'small\n')
    writeFileSync(`${work.folder}/binary`, '\0\x01')
    git(work.folder, ['add', '-A'])
    git(work.folder, ['commit', '-q', '-m', 'huge'])
    const head = git(work.folder, ['rev-parse', 'HEAD'])
    const patch = await read(head, false)
    expect(patch).toContain('+small\n')
    expect(patch).toContain('GIT binary patch')
    expect(patch).toContain('diff --git "a/new \\"huge\\"" "b/new \\"huge\\""\nnew file mode 100644\nindex 000')
    expect(patch).toContain('too large to show: "new \\"huge\\"": 40 MiB\n')
    expect(patch).toContain('too large to show: "hu\\351*ge": 40 MiB\n')
    expect(patch.match(/^diff --git /gm)?.length).toBe(4)
    expect(patch.length).toBeLessThan(3000)
    expect(await read(head, false, false)).toContain('Binary files /dev/null and b/binary differ\n')
    const stat = await read(head, true)
    expect(stat).toContain(' small  |   1 +')
    expect(stat).toContain(' "hu\\351*ge" | not compared: 40 MiB\n')
  })
})

describe('take refuses', () => {
  it('what is not a regular file of the allowed size', async () => {
    const { bundle } = commitAndBundle(work)
    expect((await refusal(bundle, 100)).message).toContain('more than 100')
    symlinkSync(bundle, folder.at('link'))
    expect((await refusal(folder.at('link'))).message).toContain('it is a link')
    execFileSync('mkfifo', [folder.at('pipe')])
    expect((await refusal(folder.at('pipe'))).message).toContain('not a regular file')
    expect((await refusal(folder.path)).message).toContain('not a regular file')
    expect((await refusal(folder.at('none'))).message).toContain('ENOENT')
  })

  it('a broken bundle', async () => {
    const { bundle, head } = commitAndBundle(work)
    const good = readFileSync(bundle)
    const broken = (change: (copy: Buffer) => Buffer) => {
      writeFileSync(folder.at('broken'), change(Buffer.from(good)))
      return refusal(folder.at('broken'))
    }
    const flipped = await broken((copy) => {
      const at = copy.length - 40
      copy[at] = (copy[at] ?? 0) ^ 0xff
      return copy
    })
    expect(flipped.message).toContain('git refused it')
    expect(flipped.left).toEqual([])
    expect((await broken((copy) => copy.subarray(0, copy.length - 30))).message).toContain('git refused it')
    expect((await broken(() => Buffer.from('hello'))).message).toContain('no bundle header')
    expect((await broken(() => Buffer.alloc(2e6, 'a'))).message).toContain('no bundle header')
    expect(
      (await broken((copy) => Buffer.from(copy.toString('latin1').replace('# v2', '# v9'), 'latin1'))).message,
    ).toContain('version 2 or 3')
    truncateSync(bundle, good.indexOf('PACK') + 6)
    expect((await refusal(bundle)).message).toContain('cut off')
    const objects = git(work.folder, ['rev-list', '--objects', '--no-object-names', head, `^${work.base}`]).split('\n')
    expect((await refusal(craft({ header: [`@filter=blob:none`, `${head} HEAD`], objects }))).message).toContain(
      '@filter',
    )
  })

  it('refs that no worker makes', async () => {
    const { head } = commitAndBundle(work)
    const objects = git(work.folder, ['rev-list', '--objects', '--no-object-names', head, `^${work.base}`]).split('\n')
    const bad = [
      'refs/notes/commits',
      'refs/tags/a..b',
      'refs/berth/nested/a/refs/x',
      'refs/berth/nested/a%2f/HEAD',
      'refs/berth/stash/x',
      'refs/berth/base/p',
      'refs/heads/../../../x',
      'refs/heads/a..b',
      'refs/heads/-x',
      'refs/heads/x.lock',
      'refs/heads/',
      'x',
      '../x',
    ]
    for (const ref of bad.filter((name) => name !== 'refs/heads/-x')) {
      expect((await refusal(craft({ header: [`${head} HEAD`, `${head} ${ref}`], objects }))).message).toMatch(
        /holds (the ref|a branch|a tag)/,
      )
    }
    const tree = git(work.folder, ['rev-parse', `${head}^{tree}`])
    expect((await refusal(craft({ header: [`${tree} HEAD`], objects }))).message).toMatch(/HEAD is a tree|cannot read/)
    expect((await refusal(craft({ header: [`${'1'.repeat(40)} refs/heads/x`], objects }))).message).toContain(
      'x is missing',
    )
  })

  it('commits that build on what the mirror has not', async () => {
    const other = folder.at('other')
    mkdirSync(other)
    git(other, ['init', '-q'])
    const strange = commitFiles(other, { x: 'x' }, 'strange')
    const next = commitFiles(other, { y: 'y' }, 'next')
    git(other, ['bundle', 'create', '-q', folder.at('b'), 'HEAD', '--not', strange])
    expect((await refusal(folder.at('b'))).message).toContain(
      `builds on commit ${strange}, which the mirror does not have`,
    )
    const tree = git(other, ['rev-parse', `${next}^{tree}`])
    const bundle = craftBundle(folder.at('b'), { from: other, header: [`${next} HEAD`], objects: [next, tree] })
    const { message, left } = await refusal(bundle)
    expect(message).toContain('git refused it')
    expect(left).toEqual([])
  })

  it('paths that would reach into a repository', async () => {
    const blob = git(work.folder, ['hash-object', '-w', '--stdin'], { input: 'x' })
    const sub = craftTree(work.folder, [{ mode: '100644', name: 'config', sha: blob }])
    const names = ['.git', '.GIT', '.Git', 'git~1', 'GIT~1', '.git ', '.g\u200cit', '..', '.', '.git\\x']
    for (const name of names) {
      const tree = craftTree(work.folder, [{ mode: '40000', name, sha: sub }])
      const { message, left } = await refusal(bundleTree(tree, [sub, blob]))
      expect(message, name).toMatch(/hasDotgit|hasDotdot|hasDot|fullPathname/)
      expect(left).toEqual([])
    }
    const slash = craftTree(work.folder, [{ mode: '100644', name: '../../etc/passwd', sha: blob }])
    expect((await refusal(bundleTree(slash, [blob]))).message).toContain('fullPathname')
    const link = craftTree(work.folder, [{ mode: '120000', name: '.gitmodules', sha: blob }])
    expect((await refusal(bundleTree(link, [blob]))).message).toContain('gitmodules')
    const modules = '[submodule "x"]\n\tpath = x\n\turl = --upload-pack=touch\n'
    const option = git(work.folder, ['hash-object', '-w', '--stdin'], { input: modules })
    const tree = craftTree(work.folder, [{ mode: '100644', name: '.gitmodules', sha: option }])
    expect((await refusal(bundleTree(tree, [option]))).message).toContain('gitmodulesUrl')
  })

  it('keeps what it took before when the next bundle is bad', async () => {
    const { bundle, head } = commitAndBundle(work)
    await take(bundle)
    writeFileSync(folder.at('bad'), 'x')
    await expect(take(folder.at('bad'))).rejects.toMatchObject({ code: 'work-refused' })
    expect(git(publish(), ['rev-parse', 'refs/berth/take/head'])).toBe(head)
  })
})
