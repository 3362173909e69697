import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../test/fixtures/temporary-folder.ts'
import { refuseSpecial } from './refuse-special.ts'

const bench = () => {
  const folder = temporaryFolder()
  const work = folder.at('work')
  mkdirSync(folder.at('mirror/objects'), { recursive: true })
  const at = (path: string) => {
    const full = folder.at('work', path)
    mkdirSync(dirname(full), { recursive: true })
    rmSync(full, { force: true })
    return full
  }
  for (const path of ['.git/HEAD', '.git/info/exclude', '.git/refs/heads/main', '.gitignore', 'src/a', 'pipe'])
    writeFileSync(at(path), '')
  const check = () => refuseSpecial({ work, repository: folder.at('work/.git'), mirror: folder.at('mirror') })
  return { folder, at, check }
}
const pipe = (path: string) => execFileSync('mkfifo', [path])

test('a plain work tree passes, also with pipes that git does not open', () => {
  const { folder, at, check } = bench()
  pipe(at('pipe'))
  pipe(at('src/socket'))
  pipe(at('.git/hooks/pre-commit'))
  check()
  folder[Symbol.dispose]()
})

test.each([
  '.git',
  '.gitignore',
  'src/.gitignore',
  'deep/er/.gitattributes',
  '.gitmodules',
  '.git/HEAD',
  '.git/index',
  '.git/packed-refs',
  '.git/info/exclude',
  '.git/refs/heads/main',
  '.git/objects/info/alternates',
  '.git/objects/pack/pack-1.idx',
  '.git/objects/ab/cdef',
  'nested/.git',
  'nested/.git/HEAD',
  'nested/.git/refs/heads/main',
])('%s as a named pipe is refused by name, and so is a link that leads to one', (path) => {
  for (const link of [false, true]) {
    const { folder, at, check } = bench()
    if (path === '.git') rmSync(folder.at('work/.git'), { recursive: true })
    const place = at(path)
    if (link) {
      pipe(folder.at('pipe'))
      symlinkSync(folder.at('pipe'), place)
    } else pipe(place)
    expect(check).toThrow(`${path} is a named pipe`)
    folder[Symbol.dispose]()
  }
})

test('objects that the repository borrows from elsewhere are looked at, too', () => {
  const { folder, at, check } = bench()
  mkdirSync(folder.at('elsewhere/pack'), { recursive: true })
  writeFileSync(at('.git/objects/info/alternates'), `${folder.at('mirror/objects')}\n${folder.at('elsewhere')}\n`)
  check()
  pipe(folder.at('elsewhere/pack/pack-1.idx'))
  expect(check).toThrow('pack-1.idx is a named pipe')
  folder[Symbol.dispose]()
})

const repository = (folder: ReturnType<typeof bench>['folder'], name: string) => {
  mkdirSync(folder.at(name, 'objects/info'), { recursive: true })
  writeFileSync(folder.at(name, 'HEAD'), 'ref: refs/heads/main\n')
  return folder.at(name)
}

test.each<[string, (b: ReturnType<typeof bench>, elsewhere: string) => string]>([
  [
    'borrows objects from there',
    ({ at }, elsewhere) => {
      writeFileSync(at('nested/.git/objects/info/alternates'), `${elsewhere}/objects\n`)
      return 'objects/info/alternates'
    },
  ],
  [
    'is a link to it',
    ({ at }, elsewhere) => {
      symlinkSync(elsewhere, at('nested/.git'))
      return 'packed-refs'
    },
  ],
  [
    'is a file that names it',
    ({ at }, elsewhere) => {
      writeFileSync(at('nested/.git'), `gitdir: ${elsewhere}\n`)
      return 'refs/heads/main'
    },
  ],
  [
    'shares its branches',
    ({ at }, elsewhere) => {
      writeFileSync(at('nested/.git/HEAD'), '')
      writeFileSync(at('nested/.git/commondir'), `${elsewhere}\n`)
      return 'objects/pack/pack-1.idx'
    },
  ],
])('a repository inside that %s: what it has elsewhere is looked at, too', (_, name) => {
  const b = bench()
  const elsewhere = repository(b.folder, 'elsewhere')
  const place = name(b, elsewhere)
  b.check()
  mkdirSync(dirname(join(elsewhere, place)), { recursive: true })
  pipe(join(elsewhere, place))
  expect(b.check).toThrow(`${place} is a named pipe`)
  b.folder[Symbol.dispose]()
})

test('a worktree beside the work folder is looked at as one inside', () => {
  const { folder, at, check } = bench()
  mkdirSync(folder.at('beside'))
  writeFileSync(at('.git/worktrees/beside/gitdir'), `${folder.at('beside/.git')}\n`)
  check()
  pipe(folder.at('beside/.gitattributes'))
  expect(check).toThrow('.gitattributes is a named pipe')
  folder[Symbol.dispose]()
})

test.each<[string, (text: string, b: ReturnType<typeof bench>) => string]>([
  ['behind a link', (text) => text],
  ['of quoted paths', (text) => `"${text.replace('elsewhere', '\\145lsewhere')}"`],
  ['that is padded', (text) => `${'#\n'.repeat(40_000)}${text}`],
])('a list of borrowed objects %s is no way around', (kind, list) => {
  const b = bench()
  mkdirSync(b.folder.at('elsewhere/info'), { recursive: true })
  const place = b.at('.git/objects/info/alternates')
  const file = kind === 'behind a link' ? b.folder.at('list') : place
  writeFileSync(file, `${list(b.folder.at('elsewhere'), b)}\n`)
  if (file !== place) symlinkSync(file, place)
  pipe(b.folder.at('elsewhere/info/alternates'))
  expect(b.check).toThrow(/alternates is (?:a named pipe|a list with a quoted path|too long)/)
  b.folder[Symbol.dispose]()
})

test('folders whose names are no text, and folders of objects behind a link, are looked into', () => {
  const { folder, at, check } = bench()
  const odd = Buffer.concat([Buffer.from(`${folder.at('work')}/`), Buffer.from([0xff])])
  mkdirSync(odd)
  execFileSync('bash', ['-c', `mkfifo "$(printf '${folder.at('work')}/\\377/.gitignore')"`])
  expect(check).toThrow('.gitignore is a named pipe')
  rmSync(odd, { recursive: true })
  mkdirSync(folder.at('packs'))
  pipe(folder.at('packs/pack-1.idx'))
  symlinkSync(folder.at('packs'), at('.git/objects/pack'))
  expect(check).toThrow('pack-1.idx is a named pipe')
  folder[Symbol.dispose]()
})

/** A repository inside, and where in the work folder git would open a pipe because of it. */
const WAYS: readonly (readonly [name: string, make: (b: ReturnType<typeof bench>) => string])[] = [
  [
    'a branch that names another file of the repository',
    ({ at }) => {
      writeFileSync(at('nested/.git/refs/heads/main'), 'ref: PIPE\n')
      return 'nested/.git/PIPE'
    },
  ],
  [
    'the same, in a folder behind a link',
    ({ at, folder }) => {
      mkdirSync(folder.at('work/pipes'))
      writeFileSync(at('nested/.git/refs/heads/main'), 'ref: way/PIPE\n')
      symlinkSync(folder.at('work/pipes'), at('nested/.git/way'))
      return 'pipes/PIPE'
    },
  ],
  ['a reftable', () => 'nested/.git/reftable/tables.list'],
  ['an included configuration', () => 'nested/.git/more'],
  ...(['\n\n', '\r\n', '\0junk', '\0\n'] as const).map(
    (end) =>
      [
        `a .git file that ends with ${JSON.stringify(end)}`,
        ({ at, folder }: ReturnType<typeof bench>) => {
          rmSync(folder.at('work/nested/.git'), { recursive: true })
          writeFileSync(at('nested/.git'), `gitdir: ../elsewhere${end}`)
          return 'elsewhere/packed-refs'
        },
      ] as const,
  ),
  [
    'a .git file whose place has a newline in its name',
    ({ at, folder }) => {
      rmSync(folder.at('work/nested/.git'), { recursive: true })
      writeFileSync(at('nested/.git'), 'gitdir: ../else\nwhere\n')
      return 'else\nwhere/packed-refs'
    },
  ],
  [
    'a .git file that steps up behind a link',
    ({ at, folder }) => {
      rmSync(folder.at('work/nested/.git'), { recursive: true })
      mkdirSync(folder.at('work/deep/er'), { recursive: true })
      symlinkSync('../deep/er', at('nested/way'))
      writeFileSync(at('nested/.git'), 'gitdir: way/../elsewhere\n')
      return 'deep/elsewhere/packed-refs'
    },
  ],
  ...(['config', 'packed-refs'] as const).map(
    (name) =>
      [
        `the ${name} of a common repository whose name has blanks`,
        ({ at }: ReturnType<typeof bench>) => {
          writeFileSync(at('nested/.git/commondir'), ' common \n')
          return `nested/.git/ common /${name}`
        },
      ] as const,
  ),
]

test.each(WAYS)('%s is no way to a pipe', (_, make) => {
  const b = bench()
  writeFileSync(b.at('nested/.git/HEAD'), 'ref: refs/heads/main\n')
  mkdirSync(b.folder.at('work/nested/.git/objects'))
  const place = make(b)
  writeFileSync(b.at(place), '')
  b.check()
  pipe(b.at(place))
  expect(b.check).toThrow(/ is a named pipe/)
  b.folder[Symbol.dispose]()
})

test("a socket in a repository inside is no way to wait: a file system monitor's stays", () => {
  const { folder, at, check } = bench()
  writeFileSync(at('nested/.git/HEAD'), 'ref: refs/heads/main\n')
  execFileSync('perl', [
    '-MIO::Socket::UNIX',
    '-e',
    'IO::Socket::UNIX->new(Local => $ARGV[0], Listen => 1) or die',
    at('nested/.git/fsmonitor--daemon.ipc'),
  ])
  check()
  folder[Symbol.dispose]()
})
