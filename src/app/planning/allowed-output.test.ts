import { chmodSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../../test/fixtures/temporary-folder.ts'
import { allowedOutput } from './allowed-output.ts'

const scene = () => {
  const top = temporaryFolder()
  for (const name of ['state', 'run', 'root/in', 'out']) mkdirSync(top.at(name), { recursive: true })
  symlinkSync(top.at('out'), top.at('root/escape'))
  symlinkSync(top.at('nowhere'), top.at('root/nothing'))
  writeFileSync(top.at('file'), '')
  const folders = { state: top.at('state'), runtime: top.at('run'), configFile: '' }
  const allow = (path: string, mountRoots: readonly string[] | null = null) =>
    allowedOutput({ settings: { mountRoots }, folders }, { output: top.at(path) }).output
  return { top, allow, [Symbol.dispose]: () => top[Symbol.dispose]() }
}

test('the folder may be missing, and is named by its real path; nothing is made', () => {
  using s = scene()
  expect(s.allow('root/in/new/er')).toBe(s.top.at('root/in/new/er'))
  expect(s.allow('root/escape/new')).toBe(s.top.at('out/new'))
  expect(s.allow('root/in/new', [s.top.at('root')])).toBe(s.top.at('root/in/new'))
  expect(readdirSync(s.top.at('root/in'))).toEqual([])
  expect(
    allowedOutput({ settings: { mountRoots: [] }, folders: { state: '', runtime: '', configFile: '' } }, {}),
  ).toEqual({})
})

test.each([
  ['a file', 'file', /no folder/],
  ['below a file', 'file/in', /ENOTDIR|no folder/],
  ['a link to nothing', 'root/nothing/in', /is a link to nothing/],
  ["Berth's own folder", 'state/tasks/t-one', /Berth keeps its own files in/],
  ["Berth's sockets", 'run', /Berth keeps its own files in/],
])('refuses %s', (_, path, message) => {
  using s = scene()
  expect(() => s.allow(path)).toThrow(
    expect.objectContaining({ code: 'bad-output', message: expect.stringMatching(message) }),
  )
})

test('refuses a folder that it may not write to', () => {
  using s = scene()
  chmodSync(s.top.at('out'), 0o500)
  // Root may write anywhere.
  if (process.getuid?.() === 0) expect(s.allow('out/new')).toBe(s.top.at('out/new'))
  else expect(() => s.allow('out/new')).toThrow(expect.objectContaining({ code: 'bad-output' }))
})

test.each([
  ['beside the roots', 'out/new'],
  ['over a link out of a root', 'root/escape/new'],
])('with mount-roots refuses a folder %s', (_, path) => {
  using s = scene()
  expect(() => s.allow(path, [s.top.at('root')])).toThrow(
    expect.objectContaining({ code: 'mount-not-allowed', message: expect.stringContaining('mount-roots') }),
  )
})
