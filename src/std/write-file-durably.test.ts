import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { writeFileDurably } from './write-file-durably.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'berth-durable-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

describe('writeFileAtomic', () => {
  it('replaces a file, with the mode that was asked and nothing left beside it', async () => {
    const path = join(folder, 'a.json')
    await writeFile(path, 'old', { mode: 0o644 })
    await writeFileDurably(path, 'new', { mode: 0o640 })
    expect(await readFile(path, 'utf8')).toBe('new')
    expect((await stat(path)).mode & 0o777).toBe(0o640)
    expect(await readdir(folder)).toEqual(['a.json'])
  })

  it('lets a reader see whole files only while many write', async () => {
    const path = join(folder, 'b')
    const texts = Array.from({ length: 20 }, (_, i) => String(i % 10).repeat(50_000))
    await writeFileDurably(path, texts[0] ?? '')
    let done = false
    const reading = (async () => {
      while (!done) expect(new Set(await readFile(path, 'utf8')).size).toBe(1)
    })()
    await Promise.all(texts.map((text) => writeFileDurably(path, text)))
    done = true
    await reading
    expect((await readFile(path)).length).toBe(50_000)
  })

  it('keeps the old file and leaves nothing behind when it fails', async () => {
    await expect(writeFileDurably(join(folder, 'no', 'such'), 'x')).rejects.toMatchObject({ code: 'ENOENT' })
    await expect(writeFileDurably(folder, 'x')).rejects.toThrow()
    expect(await readdir(folder)).toEqual([])
  })
})
