import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { copyIndex } from './copy-index.ts'

const second = (path: string) => Math.floor(statSync(path).mtimeMs / 1000)

test('git sees a change of the second in which the index was written, by the copy too', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'berth-index-'))
  const [file, index, copy] = ['file', '.git/index', '.git/copy'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ]
  const git = (args: readonly string[], env = {}) =>
    execFileSync('git', args, { cwd: folder, encoding: 'utf8', env: { ...process.env, ...env } })
  try {
    git(['init', '-q'])
    const changeAtOnce = () => {
      writeFileSync(file, 'made\n')
      git(['add', 'file'])
      writeFileSync(file, 'kept\n')
    }
    do changeAtOnce()
    while (second(file) !== second(index))
    for (const began = second(file); Math.floor(Date.now() / 1000) === began; ) await sleep(20)
    copyIndex(index, copy)
    expect(git(['diff', '--name-only'], { GIT_INDEX_FILE: copy })).toBe('file\n')
  } finally {
    rmSync(folder, { recursive: true })
  }
})
