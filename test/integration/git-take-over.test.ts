import {
  appendFileSync,
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { CommittedWork } from '../../src/api/answers.ts'
import { applyPatch } from '../../src/cli/apply-patch.ts'
import { applyChanges, applyCommits } from '../../src/cli/apply-work.ts'
import { checkoutWork } from '../../src/cli/checkout-work.ts'
import type { Context } from '../../src/cli/context.ts'
import { fetchWork } from '../../src/cli/fetch-work.ts'
import { userGit, workGit } from '../../src/cli/user-git.ts'
import { git, testCallerEnv } from '../fixtures/remotes/git.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'

const ID = 't-01'
type Verb = 'apply' | 'apply --commit' | 'checkout'
const VERBS: readonly Verb[] = ['apply', 'apply --commit', 'checkout']

/** A checkout of the user's, and the work of a task that began at its HEAD. */
const bench = (first: Readonly<Record<string, string>> = { 'README.md': 'one\ntwo\nthree\n' }) => {
  const folder = temporaryFolder()
  const [mine, task, publish] = [folder.at('mine'), folder.at('task'), folder.at('publish.git')]
  const put = (name: string, text: string) => {
    mkdirSync(join(name, '..'), { recursive: true })
    writeFileSync(name, text)
  }
  git('/', ['init', '-q', mine])
  for (const [name, text] of Object.entries(first)) put(join(mine, name), text)
  git(mine, ['add', '-A', '-f'])
  git(mine, ['commit', '-q', '-m', 'first'])
  git('/', ['clone', '-q', mine, task])
  const base = git(mine, ['rev-parse', 'HEAD'])
  const work = (change: () => void, ...more: readonly (() => void)[]): CommittedWork => {
    for (const one of [change, ...more]) {
      one()
      git(task, ['add', '-A', '-f'])
      git(task, ['commit', '-q', '--allow-empty', '-m', '# work'])
    }
    const head = git(task, ['rev-parse', 'HEAD'])
    git('/', ['clone', '-q', '--bare', task, publish])
    git(publish, ['update-ref', 'refs/berth/take/head', head])
    return { id: ID, kind: 'clone', publish, base, head, wip: null }
  }
  const context = (env: Readonly<Record<string, string>> = {}, cwd = mine) => {
    const callerEnv = {
      ...testCallerEnv(folder.at('home')),
      GIT_COMMITTER_NAME: 'Me',
      GIT_COMMITTER_EMAIL: 'me@example.org',
    }
    return { cwd, env: { ...callerEnv, ...env } } as unknown as Context
  }
  const settings = (text: string) => put(folder.at('home', '.gitconfig'), text)
  const take = async (verb: Verb, w: CommittedWork, env: Readonly<Record<string, string>> = {}) => {
    const to = await userGit(context(env))
    await fetchWork(to, w)
    const both = { from: workGit(context(env), w.publish), to }
    if (verb === 'apply') return await applyChanges(both, w)
    if (verb === 'apply --commit') return await applyCommits(both, w)
    return await checkoutWork(to, w, { branch: `berth/${w.id}`, force: false })
  }
  const inTask = (name: string, text: string) => put(join(task, name), text)
  const inMine = (name: string, text: string) => put(join(mine, name), text)
  const read = (name: string) => readFileSync(join(mine, name), 'utf8')
  return { folder, mine, task, put, inTask, inMine, read, work, take, context, settings }
}

const refusal = (promise: Promise<unknown>) =>
  promise.then(
    () => ({ code: 'none', message: '' }),
    (error) => error as { code: string; message: string },
  )

describe.each(VERBS)('%s', (verb) => {
  it('names all that it would write over, and changes nothing', async () => {
    const b = bench({ 'README.md': 'one\n', '.gitignore': '.env\nnode_modules\n', kept: 'k\n', gone: 'g\n' })
    using _ = b.folder
    const outside = b.folder.at('outside')
    mkdirSync(outside)
    b.inMine('.env', 'SECRET=1\n')
    b.inMine('untracked', 'mine\n')
    b.inMine('folder/mine', 'mine\n')
    b.inMine('below', 'mine\n')
    b.inMine('nested/own', 'mine\n')
    git(b.mine, ['init', '-q', join(b.mine, 'nested')])
    appendFileSync(join(b.mine, 'kept'), 'mine\n')
    appendFileSync(join(b.mine, 'gone'), 'mine\n')
    b.inMine('staged', 'mine\n')
    git(b.mine, ['add', 'staged'])
    rmSync(join(b.mine, 'staged'))
    symlinkSync(outside, join(b.mine, 'node_modules'))
    const w = b.work(() => {
      for (const name of ['.env', 'untracked', 'folder', 'below/x', 'nested/x', 'kept', 'staged', 'node_modules/x.js'])
        b.inTask(name, 'theirs\n')
      b.inTask('new', 'theirs\n')
      rmSync(join(b.task, 'gone'))
    })
    const before = [git(b.mine, ['status', '--porcelain', '--ignored']), git(b.mine, ['rev-parse', 'HEAD'])]
    const error = await refusal(b.take(verb, w))
    expect(error.code).toBe('dirty-tree')
    expect(error.message).toBe(
      `${b.mine}: ${ID} would change files that are not committed here: .env, below/x (below is a file), folder (a folder is there), gone, kept, nested/x (nested is another repository), node_modules/x.js (node_modules is a link), staged, untracked`,
    )
    expect([git(b.mine, ['status', '--porcelain', '--ignored']), git(b.mine, ['rev-parse', 'HEAD'])]).toEqual(before)
    expect([b.read('.env'), existsSync(join(outside, 'x.js')), existsSync(join(b.mine, 'new'))]).toEqual([
      'SECRET=1\n',
      false,
      false,
    ])
  })

  it('does not write over a file that git was told not to look at', async () => {
    const b = bench({ a: 'a\n', b: 'b\n' })
    using _ = b.folder
    git(b.mine, ['update-index', '--assume-unchanged', 'a'])
    git(b.mine, ['update-index', '--skip-worktree', 'b'])
    for (const name of ['a', 'b']) b.inMine(name, 'mine\n')
    const w = b.work(() => {
      for (const name of ['a', 'b']) b.inTask(name, 'theirs\n')
    })
    const error = await refusal(b.take(verb, w))
    expect(error.message).toContain(': a (marked in the index as unchanged), b (marked in the index as unchanged)')
    expect([b.read('a'), b.read('b')]).toEqual(['mine\n', 'mine\n'])
  })

  it('does not let two names fall together where the file system folds case', async () => {
    const b = bench({ 'README.md': 'one\n' })
    using _ = b.folder
    git(b.mine, ['config', 'core.ignoreCase', 'true'])
    const w = b.work(() => {
      b.inTask('readme.md', 'theirs\n')
      b.inTask('caf\u00e9', 'theirs\n')
      b.inTask('cafe\u0301', 'theirs\n')
    })
    const error = await refusal(b.take(verb, w))
    expect(error.message).toContain('readme.md (the same file here as README.md)')
    expect(error.message).toMatch(
      /caf\u00e9 \(the same file here as cafe\u0301\)|cafe\u0301 \(the same file here as caf\u00e9\)/,
    )
    expect(b.read('README.md')).toBe('one\n')
  })

  it('puts folders where links and files were, and the other way round', async () => {
    const b = bench({ 'file/x': 'x\n', folder: 'f\n', 'mode.sh': 'm\n' })
    using _ = b.folder
    symlinkSync('/nowhere', join(b.mine, 'link'))
    git(b.mine, ['add', '-A'])
    git(b.mine, ['commit', '-q', '--amend', '-m', 'first'])
    git(b.task, ['fetch', '-q'])
    git(b.task, ['reset', '-q', '--hard', 'origin/HEAD'])
    const w = b.work(() => {
      rmSync(join(b.task, 'file'), { recursive: true })
      b.inTask('file', 'now a file\n')
      for (const name of ['folder', 'link']) {
        rmSync(join(b.task, name))
        b.inTask(`${name}/in`, 'now a folder\n')
      }
      git(b.task, ['update-index', '--chmod=+x', 'mode.sh'])
      chmodSync(join(b.task, 'mode.sh'), 0o755)
    })
    await b.take(verb, { ...w, base: git(b.mine, ['rev-parse', 'HEAD']) })
    expect([b.read('file'), b.read('folder/in'), b.read('link/in')]).toEqual([
      'now a file\n',
      'now a folder\n',
      'now a folder\n',
    ])
    expect(lstatSync(join(b.mine, 'mode.sh')).mode & 0o111).not.toBe(0)
  })

  const SETTINGS = `
[diff]
	noprefix = true
	mnemonicPrefix = true
	external = false
	renames = copies
	relative = true
	interHunkContext = 50
	context = 0
	algorithm = histogram
	ignoreSubmodules = all
	orderFile = /nonexistent/order
	submodule = log
	wordRegex = .
[diff "x"]
	textconv = false
	command = false
[apply]
	whitespace = error
	ignoreWhitespace = change
[core]
	attributesFile = HOME/attributes
	quotePath = true
	whitespace = trailing-space,cr-at-eol
	safecrlf = true
	pager = false
[color]
	ui = always
[merge]
	conflictStyle = diff3
	renames = false
	directoryRenames = true
[status]
	relativePaths = true
	showUntrackedFiles = no
[log]
	showSignature = true
[commit]
	cleanup = strip
[submodule]
	recurse = true
[rerere]
	enabled = true
	autoUpdate = true
[fetch]
	prune = true
	pruneTags = true
`

  it('changes the same files by the same, whatever the user has set', async () => {
    const text = Array.from({ length: 40 }, (_, n) => `line ${n}\n`).join('')
    const files = { 'a/app.txt': text, 'app.txt': text, 'b/app.txt': text, 'sp ace.txt': 'x \n' }
    const results = await Promise.all(
      [false, true].map(async (set) => {
        const b = bench(files)
        using _ = b.folder
        if (set) {
          b.settings(SETTINGS.replace('HOME', b.folder.at('home')))
          b.put(b.folder.at('home', 'attributes'), '*.txt diff=x\n*.bin -diff\n')
        }
        const w = b.work(() => {
          b.inTask('a/app.txt', text.replace('line 20', 'changed  '))
          b.inTask('sp ace.txt', 'y \t\n')
          b.inTask('bin.bin', '\0\x01\x02')
          b.inTask('\u00fcber', 'u\r\n')
        })
        git(b.mine, ['tag', 'keep'])
        await b.take(verb, w)
        git(b.mine, ['add', '-A'])
        return [
          git(b.mine, ['write-tree']),
          git(b.mine, ['tag']),
          verb === 'apply' ? '' : git(b.mine, ['log', '-1', '--format=%B']),
        ]
      }),
    )
    expect(results[1]).toEqual(results[0])
    expect(results[0]?.[2]).toBe(verb === 'apply' ? '' : '# work')
  })

  it('is not steered by the variables of a hook', async () => {
    const b = bench()
    using _ = b.folder
    const other = b.folder.at('other')
    git('/', ['init', '-q', other])
    const w = b.work(() => b.inTask('new', 'theirs\n'))
    await b.take(verb, w, {
      GIT_DIR: join(other, '.git'),
      GIT_WORK_TREE: other,
      GIT_INDEX_FILE: join(other, '.git/index2'),
      GIT_OBJECT_DIRECTORY: join(other, '.git/objects'),
      GIT_PREFIX: 'sub/',
      GIT_EXTERNAL_DIFF: 'false',
      GIT_DIFF_OPTS: '--unified=0',
      GIT_LITERAL_PATHSPECS: '1',
      GIT_AUTHOR_NAME: 'Somebody else',
      GIT_AUTHOR_DATE: '2001-01-01T00:00:00Z',
      GIT_NAMESPACE: 'x',
      GIT_CONFIG_PARAMETERS: "'core.worktree=/nonexistent' 'diff.noprefix=true'",
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'core.bare',
      GIT_CONFIG_VALUE_0: 'true',
    })
    expect(b.read('new')).toBe('theirs\n')
    expect(existsSync(join(other, 'new'))).toBe(false)
    if (verb !== 'apply') expect(git(b.mine, ['log', '-1', '--format=%an'])).toBe('Test')
  })
})

describe('apply of what is no plain work', () => {
  it('says what is too large for a patch, and changes nothing', async () => {
    const b = bench()
    using _ = b.folder
    const w = b.work(() => {
      b.inTask('huge', '')
      truncateSync(join(b.task, 'huge'), 129 * 1024 ** 2)
      b.inTask('small', 'theirs\n')
    })
    const error = await refusal(b.take('apply', w))
    expect(error).toMatchObject({ code: 'not-allowed', message: expect.stringContaining('huge has 129 MiB') })
    expect(existsSync(join(b.mine, 'small'))).toBe(false)
  })

  it('checkout moves no branch of another work tree, and says which branch is in the way', async () => {
    const b = bench()
    using _ = b.folder
    const w = b.work(() => b.inTask('new', 'theirs\n'))
    git(b.mine, ['worktree', 'add', '-q', '-b', `berth/${ID}`, b.folder.at('second')])
    expect((await refusal(b.take('checkout', w))).message).toContain(`second has the branch berth/${ID} checked out`)
    git(b.mine, ['worktree', 'remove', b.folder.at('second')])
    git(b.mine, ['branch', '-D', `berth/${ID}`])
    git(b.mine, ['branch', 'berth'])
    expect((await refusal(b.take('checkout', w))).message).toContain('the branch berth makes the branch')
  })
})

describe('the patch of a copied folder', () => {
  const patchOf = (b: ReturnType<typeof bench>, w: CommittedWork, ...more: readonly string[]) => {
    const patch = b.folder.at('1.patch')
    const diff = git(b.task, ['diff', '--binary', '--full-index', '--no-renames', ...more, w.base, w.head])
    writeFileSync(patch, `${diff}\n`)
    return patch
  }
  const copied = (b: ReturnType<typeof bench>) => rmSync(join(b.mine, '.git'), { recursive: true })

  it('goes into what is as it was copied, byte by byte, whatever the user has set', async () => {
    const b = bench({ a: 'a\nb\n', crlf: 'a\r\nb\r\n', gone: 'g\n', 'sub/x': 'x\n' })
    using _ = b.folder
    b.settings('[core]\n\tautocrlf = true\n[apply]\n\twhitespace = error\n')
    const w = b.work(() => {
      b.inTask('a', 'a\nB \n')
      b.inTask('crlf', 'a\r\nB\r\n')
      b.inTask('new\u00fc "q"', 'n\n')
      rmSync(join(b.task, 'gone'))
    })
    const patch = patchOf(b, w)
    copied(b)
    b.inMine('crlf2', 'own\n')
    const files = await applyPatch(b.context({ GIT_DIR: '/nonexistent' }), ID, patch)
    expect(files).toEqual(['a', 'crlf', 'gone', 'new\u00fc "q"'])
    expect([b.read('a'), b.read('crlf'), b.read('new\u00fc "q"')]).toEqual(['a\nB \n', 'a\r\nB\r\n', 'n\n'])
    expect(existsSync(join(b.mine, 'gone'))).toBe(false)
  })

  it('names what has changed since, links and what lies in the way, and changes nothing', async () => {
    const b = bench({ a: 'a\n', b: 'b\n', gone: 'g\n', 'dir/x': 'x\n' })
    using _ = b.folder
    const w = b.work(() => {
      for (const name of ['a', 'b', 'dir/x', '.env']) b.inTask(name, 'theirs\n')
      rmSync(join(b.task, 'gone'))
    })
    const patch = patchOf(b, w)
    copied(b)
    const outside = b.folder.at('outside')
    mkdirSync(outside)
    writeFileSync(join(outside, 'x'), 'x\n')
    rmSync(join(b.mine, 'dir'), { recursive: true })
    symlinkSync(outside, join(b.mine, 'dir'))
    appendFileSync(join(b.mine, 'gone'), 'mine\n')
    b.inMine('b', 'mine\n')
    b.inMine('.env', 'SECRET=1\n')
    const error = await refusal(applyPatch(b.context(), ID, patch))
    expect(error).toMatchObject({
      code: 'dirty-tree',
      message: expect.stringContaining(': .env, b, dir/x (dir is a link), gone'),
    })
    expect([b.read('a'), b.read('b'), b.read('.env'), b.read('dir/x')]).toEqual(['a\n', 'mine\n', 'SECRET=1\n', 'x\n'])
  })

  it('refuses what no worker writes: renames, and names of a repository', async () => {
    const b = bench({ '.env': 'SECRET=1\n' })
    using _ = b.folder
    const patch = b.folder.at('evil.patch')
    const reserved = '(not a name for a file in a checkout)'
    const evil = [
      [
        'renames a file',
        'diff --git a/.env b/public/env\nsimilarity index 100%\nrename from .env\nrename to public/env\n',
      ],
      [
        `.GIT/config ${reserved}`,
        'diff --git a/.GIT/config b/.GIT/config\nnew file mode 100644\n--- /dev/null\n+++ b/.GIT/config\n@@ -0,0 +1 @@\n+x\n',
      ],
      [
        `sub/.git./config ${reserved}`,
        'diff --git a/sub/.git./config b/sub/.git./config\nnew file mode 100644\n--- /dev/null\n+++ b/sub/.git./config\n@@ -0,0 +1 @@\n+x\n',
      ],
      [
        `../x ${reserved}`,
        'diff --git a/../x b/../x\nnew file mode 100644\n--- /dev/null\n+++ b/../x\n@@ -0,0 +1 @@\n+x\n',
      ],
    ] as const
    for (const [words, text] of evil) {
      writeFileSync(patch, text)
      expect((await refusal(applyPatch(b.context(), ID, patch))).message).toContain(words)
    }
    expect([existsSync(join(b.mine, 'public')), existsSync(b.folder.at('x')), b.read('.env')]).toEqual([
      false,
      false,
      'SECRET=1\n',
    ])
  })
})
