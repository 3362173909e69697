import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../test/fixtures/temporary-folder.ts'
import { packTar } from './pack-tar.ts'
import { unpackTar } from './unpack-tar.ts'

const LONG = `sessions/2026/${'a-long-name-'.repeat(12)}é.jsonl`
const never = new AbortController().signal

/** A home with a session of a few files, one of them with a long name, and links that lead elsewhere. */
const home = () => {
  const folder = temporaryFolder()
  const files = new Map([
    ['sessions/short', 'a line\n'],
    [LONG, 'x'.repeat(3_000_000)],
    ['sessions/empty', ''],
    ['one.db', 'y'.repeat(512)],
    ['other/secret', 'not asked for'],
  ])
  for (const [path, text] of files) {
    mkdirSync(dirname(folder.at('home', path)), { recursive: true })
    writeFileSync(folder.at('home', path), text)
  }
  symlinkSync('/etc/passwd', folder.at('home/sessions/link'))
  symlinkSync('/etc', folder.at('home/linked'))
  return { folder, files }
}

test('packs the regular files at the named paths, as tar itself reads them', async () => {
  const { folder, files } = home()
  using _ = folder
  const options = { to: folder.at('a.tar'), maxBytes: 10_000_000 }
  const bytes = await packTar(folder.at('home'), ['sessions', 'one.db', 'linked', 'missing'], options)
  expect(bytes).toBe(3_000_000 + 7 + 512)
  const packed = ['sessions/short', LONG, 'sessions/empty', 'one.db']
  const listed = execFileSync('tar', ['--list', '--quoting-style=literal', '--file', options.to]).toString()
  expect(listed.trimEnd().split('\n').sort()).toEqual([...packed].sort())
  mkdirSync(folder.at('out'))
  await unpackTar(options.to, folder.at('out'), never, { links: false })
  for (const path of packed) expect(readFileSync(folder.at('out', path), 'utf8')).toBe(files.get(path))
})

test('keeps names as bytes: no UTF-8, a backslash, a newline', async () => {
  using folder = temporaryFolder()
  const names = ['caf\xe9', 'a\\b', 'two\nlines', '\xc3\xa9']
  mkdirSync(folder.at('é/sessions'), { recursive: true })
  const at = (name: string) => Buffer.concat([Buffer.from(folder.at('é/sessions/')), Buffer.from(name, 'latin1')])
  for (const name of names) writeFileSync(at(name), name)
  expect(await packTar(folder.at('é'), ['sessions'], { to: folder.at('a.tar'), maxBytes: 1000 })).toBeGreaterThan(0)
  mkdirSync(folder.at('out'))
  await unpackTar(folder.at('a.tar'), folder.at('out'), never, { links: false })
  expect(readdirSync(folder.at('out/sessions'), 'latin1').sort()).toEqual([...names].sort())
})

test('nothing to pack, or too much, is no archive', async () => {
  const { folder } = home()
  using _ = folder
  const to = folder.at('a.tar')
  expect(await packTar(folder.at('home'), ['missing', 'linked'], { to, maxBytes: 100 })).toBeNull()
  expect(await packTar(folder.at('home'), ['sessions'], { to, maxBytes: 3_000_006 })).toBe('too-large')
  expect(existsSync(to)).toBe(false)
})

test('links of an archive are left out where they are not wanted', async () => {
  const { folder } = home()
  using _ = folder
  execFileSync('tar', ['--create', '--file', folder.at('a.tar'), '--directory', folder.at('home'), 'linked', 'one.db'])
  mkdirSync(folder.at('out'))
  await unpackTar(folder.at('a.tar'), folder.at('out'), never, { links: false })
  expect([existsSync(folder.at('out/linked')), existsSync(folder.at('out/one.db'))]).toEqual([false, true])
})
