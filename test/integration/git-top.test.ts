import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readFolder, readProject } from '../../src/app/planning/read-project.ts'
import { hostGit } from '../../src/git/host-git.ts'
import { git } from '../fixtures/remotes/git.ts'
import { commitFiles, makeWorkTree } from '../fixtures/remotes/make-repository.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'

const berth = hostGit()
const head = (folder: string) => git(folder, ['rev-parse', 'HEAD'])

describe("a repository's own file", () => {
  it('is read at the commit, from a work tree and from a bare repository, whatever lies in the folder', async () => {
    using temporary = temporaryFolder()
    const folder = temporary.path
    const tree = join(folder, 'tree')
    makeWorkTree(tree, { 'uv.lock': '', 'sub/Cargo.lock': '', '.berth/config.toml': 'deny = ["old.org"]' })
    const first = head(tree)
    commitFiles(tree, { '.berth/config.toml': 'deny = ["new.org"]\nallow = ["npm"]', 'go.sum': '' }, 'more')
    writeFileSync(join(tree, '.berth/config.toml'), 'policy = "open"')
    const bare = join(folder, 'bare.git')
    git(folder, ['clone', '--quiet', '--bare', tree, bare])
    for (const repository of [tree, bare]) {
      expect(await readProject(berth, { repository, commit: first })).toEqual({
        locks: ['uv.lock'],
        deny: ['old.org'],
        allow: [],
      })
      expect(await readProject(berth, { repository, commit: head(tree) })).toEqual({
        locks: ['go.sum', 'uv.lock'],
        deny: ['new.org'],
        allow: ['npm'],
      })
    }
    expect(await readProject(berth, { repository: bare, commit: 'b'.repeat(40) })).toBeUndefined()
    expect(await readProject(berth, { repository: bare, commit: '' })).toEqual({ locks: [], deny: [], allow: [] })
  })

  it('is a regular file of at most 64 KiB', async () => {
    using temporary = temporaryFolder()
    const folder = temporary.path
    makeWorkTree(folder, { 'deny.toml': 'deny = ["npm"]' })
    mkdirSync(join(folder, '.berth'))
    symlinkSync('../deny.toml', join(folder, '.berth/config.toml'))
    commitFiles(folder, {}, 'a link')
    const none = { locks: [], deny: [], allow: [] }
    expect(await readProject(berth, { repository: folder, commit: head(folder) })).toEqual(none)
    expect(readFolder(folder)).toEqual(none)
    git(folder, ['rm', '-q', '-f', '.berth/config.toml'])
    commitFiles(folder, { '.berth/config.toml': '#'.repeat(64 * 1024 + 1) }, 'too large')
    const tooLarge = { code: 'config-invalid', message: expect.stringContaining('65537 bytes, over the limit') }
    await expect(readProject(berth, { repository: folder, commit: head(folder) })).rejects.toMatchObject(tooLarge)
    expect(() => readFolder(folder)).toThrow(expect.objectContaining(tooLarge))
  })

  it('of a folder is read as it lies there', () => {
    using temporary = temporaryFolder()
    const folder = temporary.path
    mkdirSync(join(folder, '.berth'))
    writeFileSync(join(folder, '.berth/config.toml'), 'deny = ["npm"]')
    writeFileSync(join(folder, 'pom.xml'), '')
    expect(readFolder(folder)).toEqual({ locks: ['pom.xml'], deny: ['npm'], allow: [] })
  })
})
