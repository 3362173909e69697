import { expect, it } from 'vitest'
import { git } from '../../../test/fixtures/remotes/git.ts'
import { temporaryFolder } from '../../../test/fixtures/temporary-folder.ts'
import { pointerText } from '../../domain/lfs-pointer.ts'
import type { Exec } from '../exec.ts'
import { localExec } from '../local-exec.ts'
import { pointersAt } from './pointers.ts'

const POINTER = { oid: 'a'.repeat(64), size: 7 }

it('asks for each content once, although trees give it a million names', async () => {
  using folder = temporaryFolder()
  const repository = folder.at('r.git')
  git(folder.path, ['init', '-q', '--bare', repository])
  const write = (text: string) => git(repository, ['hash-object', '-w', '--stdin'], { input: text }).trim()
  const tree = (rows: readonly string[]) => git(repository, ['mktree'], { input: rows.join('') }).trim()
  const ten = [...'abcdefghij']
  const large = write(pointerText(POINTER))
  const rules = write('*.bin filter=lfs\n')
  let top = tree(ten.map((name) => `100644 blob ${large}\t${name}.bin\n`))
  for (let level = 0; level < 3; level++) top = tree(ten.map((name) => `040000 tree ${top}\t${name}\n`))
  top = tree([`100644 blob ${rules}\t.gitattributes\n`, `040000 tree ${top}\tdeep\n`])
  const commit = git(repository, ['commit-tree', '-m', 'many names', top]).trim()

  const asked: string[] = []
  const local = localExec({ git: 'git', path: process.env['PATH'] ?? '' })
  const exec: Exec = (args, options) => {
    asked.push(
      ...String(options.stdin ?? '')
        .split('\n')
        .filter(Boolean),
    )
    return local(args, options)
  }
  const found = await pointersAt(exec, { repository, commit })
  expect(found).toEqual([{ ...POINTER, path: 'deep/a/a/a/a.bin' }])
  expect(asked).toEqual([rules, large])
})

it('says so if a commit has more files than Berth lists', async () => {
  const exec: Exec = async () => ({
    end: 'too-much-output',
    code: null,
    signal: 'SIGKILL',
    stdout: Buffer.of(),
    stderr: '',
  })
  await expect(pointersAt(exec, { repository: '/r', commit: 'c' })).rejects.toThrow(
    'Berth could not look for files of Git LFS: there are too many files',
  )
})
