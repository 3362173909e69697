import { execFileSync } from 'node:child_process'
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { COPY_FILE, type WorkOrder } from '../../src/domain/worker-protocol.ts'
import { git } from '../fixtures/remotes/git.ts'
import { type Berth, makeBerth, runWorker, sh } from './worker-harness.ts'

const DIFF = '/usr/bin/diff'
const LONG = `${'a-long-folder-name/'.repeat(8)}${'f'.repeat(120)}.txt`

const makeSource = (berth: Berth): string => {
  const source = berth.at('source')
  mkdirSync(join(source, LONG, '..'), { recursive: true })
  for (const [name, text] of Object.entries({
    'a.txt': 'a\n',
    'run.sh': 'x\n',
    'é and "b"': 'b\n',
    [LONG]: 'long\n',
    '.gitignore': '*.log\n',
  }))
    writeFileSync(join(source, name), text, { mode: name === 'run.sh' ? 0o755 : 0o644 })
  writeFileSync(join(source, 'big.bin'), Buffer.alloc(2_500_000, 'x'))
  symlinkSync(`../${'t'.repeat(130)}`, join(source, 'link'))
  linkSync(join(source, 'a.txt'), join(source, 'hard'))
  return source
}

const pack = (berth: Berth, source: string, format: string) =>
  execFileSync('tar', [`--format=${format}`, '-C', source, '-cf', berth.at('exchange', COPY_FILE), '.'])

const copyOrder = (berth: Berth, script: string): WorkOrder =>
  berth.order(sh(script), {
    workspace: { kind: 'copy' },
    finish: { uncommitted: 'commit', message: 'm', trailer: 't' },
  })

test.each(['gnu', 'pax'])('a folder packed as %s arrives as it was', async (format) => {
  using berth = makeBerth()
  const source = makeSource(berth)
  pack(berth, source, format)
  const result = await runWorker(berth, copyOrder(berth, 'true'))
  expect(result.get('fail')).toBeUndefined()
  expect(result.get('work')).toMatchObject({ uncommitted: [], patch: null, bundle: null })
  const names = (folder: string) => readdirSync(folder, { recursive: true }).sort()
  expect(names(berth.at('work'))).toEqual(names(source))
  execFileSync(DIFF, ['-r', '--no-dereference', source, berth.at('work')])
  expect(readlinkSync(berth.at('work/link'))).toBe(`../${'t'.repeat(130)}`)
  expect(statSync(berth.at('work/run.sh')).mode & 0o777).toBe(0o755)
})

test('what the agent changes, over two turns, is one patch that fits the source', async () => {
  using berth = makeBerth()
  const source = makeSource(berth)
  pack(berth, source, 'gnu')
  const first = await runWorker(berth, copyOrder(berth, 'echo more >> a.txt; touch x.log; chmod -x run.sh'))
  expect(first.get('work')?.uncommitted).toEqual(['a.txt', 'hard', 'run.sh'])
  const second = await runWorker(berth, copyOrder(berth, 'rm link; head -c 5000 /dev/urandom > new.bin'))
  expect(second.get('work')).toMatchObject({ uncommitted: ['a.txt', 'hard', 'link', 'new.bin', 'run.sh'] })
  const patch = berth.at('exchange/work.patch')
  expect(second.get('work')?.patch).toBe(statSync(patch).size)
  git(source, ['apply', '--binary', patch])
  rmSync(berth.at('work/x.log'))
  execFileSync(DIFF, ['-r', '--no-dereference', source, berth.at('work')])
  expect(existsSync(berth.at('work/.git'))).toBe(false)
})

test('an agent that removes the record of what was there does not lose its changes', async () => {
  using berth = makeBerth()
  pack(berth, makeSource(berth), 'gnu')
  const result = await runWorker(berth, copyOrder(berth, 'echo more >> a.txt; rm -rf ~/.cache'))
  expect(result.get('work')).toMatchObject({ uncommitted: ['a.txt', 'hard'] })
  expect(readFileSync(berth.at('exchange/work.patch'), 'utf8')).toContain('+more')
})

test('an archive that leads out of the folder, or is cut off, is refused', async () => {
  using berth = makeBerth()
  writeFileSync(berth.at('outside'), 'x')
  mkdirSync(berth.at('source'))
  execFileSync('tar', ['-C', berth.at('source'), '-Pcf', berth.at('exchange', COPY_FILE), '../outside'])
  const out = await runWorker(berth, copyOrder(berth, 'true'))
  expect(out.get('fail')).toMatchObject({ stage: 'clone', message: expect.stringContaining('../outside') })
  writeFileSync(berth.at('exchange', COPY_FILE), Buffer.alloc(100, 1))
  const cut = await runWorker(berth, copyOrder(berth, 'true'))
  expect(cut.get('fail')).toMatchObject({ stage: 'clone', message: expect.stringContaining('cut off') })
})
