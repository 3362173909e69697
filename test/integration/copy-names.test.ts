import { execFileSync } from 'node:child_process'
import { chmodSync, linkSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { listSource } from '../../src/launch/steps/list-source.ts'
import { git } from '../fixtures/remotes/git.ts'
import { type Berth, makeBerth, runWorker, sh } from './worker-harness.ts'

const DIFF = '/usr/bin/diff'
const bytes = (text: string) => Buffer.from(text, 'latin1')
const below = (folder: string, name: string) => Buffer.concat([Buffer.from(`${folder}/`), bytes(name)])
/** Two that become one where a name is taken for text, and other names that a shell or a tar reads as something else. */
const NAMES = ['a\xff.txt', 'a\xfe.txt', '-dash', '--help', 'new\nline', 'tab\tand "quotes"', 'x'.repeat(255), '*?[']

const makeSource = (berth: Berth): string => {
  const source = berth.at('source')
  mkdirSync(below(berth.at(), 'source'))
  for (const name of NAMES) writeFileSync(below(source, name), `${name.length}\n`)
  mkdirSync(below(source, 'folder\xff'))
  writeFileSync(below(source, 'folder\xff/in\xc0it'), 'old\n')
  writeFileSync(join(source, 'crlf.txt'), 'one\r\ntwo\r\n')
  writeFileSync(join(source, '.gitattributes'), '* text=auto ident\n*.u16 working-tree-encoding=UTF-16\n')
  writeFileSync(join(source, 'ident'), '$Id$\n')
  writeFileSync(join(source, '.gitignore'), '*.log\n')
  writeFileSync(join(source, 'tracked.log'), 'log\n')
  writeFileSync(join(source, 'run.sh'), 'x\n')
  chmodSync(join(source, 'run.sh'), 0o755)
  symlinkSync(bytes('a\xff.txt'), join(source, 'link'))
  linkSync(below(source, 'a\xff.txt'), join(source, 'hard'))
  git(source, ['init', '-q'])
  git(source, ['add', '-f', 'tracked.log'])
  return source
}

const pack = async (berth: Berth, source: string) => {
  const scratch = berth.at('scratch')
  mkdirSync(scratch)
  const files = await listSource({ folder: source, scratch, signal: new AbortController().signal })
  const to = berth.at('exchange/source.tar')
  const args = ['-cf', to, '-C', source, '--no-recursion', '--null', '--files-from', '-']
  execFileSync('tar', args, { input: bytes(files.map((path) => `${path}\0`).join('')) })
}

const namesOf = (folder: string) =>
  execFileSync('find', ['.', '-name', '.git', '-prune', '-o', '-print0'], { cwd: folder })
    .toString('latin1')
    .split('\0')
    .sort()

const expectSame = (source: string, work: string) => {
  expect(namesOf(work)).toEqual(namesOf(source))
  execFileSync(DIFF, ['-r', '--no-dereference', '--exclude=.git', source, work])
}

test('names and bytes go in and come out as they are, ignored files that are tracked among them', async () => {
  using berth = makeBerth()
  const source = makeSource(berth)
  await pack(berth, source)
  const order = (script: string) =>
    berth.order(sh(script), {
      workspace: { kind: 'copy' },
      finish: { uncommitted: 'commit', message: 'm', trailer: 't' },
    })
  const first = await runWorker(berth, order('true'))
  expect(first.get('fail')).toBeUndefined()
  expect(first.get('work')).toMatchObject({ uncommitted: [], patch: null })
  expectSame(source, berth.at('work'))
  const script = `printf 'three\\r\\n' >> crlf.txt; echo x >> ident; echo x >> tracked.log; rm -- -dash; chmod -x run.sh
    for f in a*.txt folder*/*; do echo more >> "$f"; done; printf 'b\\0\\377' > "$(printf 'made\\376')"; rm link; ln -s "$(printf 'a\\376.txt')" link
    echo ignored > fresh.log`
  const second = await runWorker(berth, order(script))
  expect(second.get('work')?.uncommitted).toHaveLength(11)
  rmSync(berth.at('work/fresh.log'))
  const target = berth.at('target')
  execFileSync('cp', ['-a', source, target])
  rmSync(join(target, '.git'), { recursive: true })
  rmSync(join(target, '.gitattributes'))
  git(target, ['apply', '--binary', berth.at('exchange/work.patch')])
  execFileSync('cp', [join(source, '.gitattributes'), target])
  expectSame(berth.at('work'), target)
})
