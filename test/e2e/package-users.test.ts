import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { berth } from '../fixtures/berth.ts'
import { TEST_ALL, testEngines } from '../fixtures/engines.ts'
import { packedFile } from '../fixtures/installed-package.ts'
import { giveTo, ordinaryUser } from '../fixtures/ordinary-user.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'

const NODE = join(import.meta.dirname, '../../node_modules', `node-linux-${process.arch}`, 'bin/node')
const SYSTEM_PATH = '/usr/local/bin:/usr/bin:/bin'

const user = ordinaryUser()
const folder = temporaryFolder('berth-global-')
let file: string
beforeAll(() => {
  mkdirSync(folder.at('npm-12'))
  file = packedFile(folder.path)
  if (TEST_ALL) execFileSync('npm', ['install', '--prefix', folder.at('npm-12'), '--ignore-scripts', 'npm@12'])
  execFileSync('chmod', ['-R', 'a+rX', folder.path])
})
afterAll(() => folder[Symbol.dispose]())

/** How this machine reaches its registry, which a fresh user does not know. */
const registry = (): Readonly<Record<string, string>> => {
  const names = ['NODE_EXTRA_CA_CERTS', 'HTTPS_PROXY', 'https_proxy', 'NO_PROXY', 'no_proxy']
  const url = execFileSync('npm', ['config', 'get', 'registry']).toString().trim()
  return {
    ...Object.fromEntries(
      names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
    ),
    npm_config_registry: url,
  }
}

/** The folder whose `npm` is that of the version, before those of this machine. */
const pathOf = (version: 'this machine' | '12') =>
  version === '12' ? [folder.at('npm-12/node_modules/.bin'), SYSTEM_PATH].join(delimiter) : SYSTEM_PATH

/** npm itself: version 12 does not start with an old Node of this machine. */
const npmOf = (version: 'this machine' | '12'): readonly string[] =>
  version === '12' ? [NODE, folder.at('npm-12/node_modules/npm/bin/npm-cli.js')] : ['npm']

describe.runIf(TEST_ALL && testEngines().length > 0)('installed by an ordinary user', () => {
  test.each(['this machine', '12'] as const)(
    'npm of %s: install, set up from nothing, run, remove',
    async (version) => {
      const home = folder.at(`a home ${version}`)
      mkdirSync(home)
      giveTo(home, user)
      const prefix = join(home, 'a prefix')
      const b = berth({
        ...(user.other ? { uid: user.uid, gid: user.gid } : {}),
        program: join(prefix, 'bin/berth'),
        env: {
          PATH: pathOf(version),
          HOME: home,
          XDG_RUNTIME_DIR: `/run/user/${user.uid}`,
          BERTH_INSTALL_DIR: join(home, 'the installation'),
          ...registry(),
        },
      })
      const npm = async (...args: readonly string[]) => {
        const [program = '', ...first] = npmOf(version)
        const ran = await b.run([...first, ...args, '-g', '--prefix', prefix, '--no-audit', '--no-fund'], { program })
        expect(ran, ran.stderr).toMatchObject({ code: 0 })
      }
      try {
        await npm('install', file)
        expect(await b.run(['--version'])).toMatchObject({ code: 0, stderr: '' })
        // npm 12 links no manual pages any more.
        expect(existsSync(join(prefix, 'share/man/man1/berth.1'))).toBe(version !== '12')
        expect(existsSync(join(prefix, 'lib/node_modules/berth-agents/man/berth.1'))).toBe(true)

        const made = await b.run(['setup', '--json'])
        expect(made, made.stderr).toMatchObject({ code: 0, stderr: expect.stringContaining('fetched from npm: ') })
        const { toolbox } = JSON.parse(made.stdout) as { toolbox: { path: string } }
        expect(toolbox.path).toContain(`a home ${version}/the installation/toolbox/`)
        expect(await b.run(['setup'])).toMatchObject({ code: 0, stderr: expect.not.stringContaining('fetch') })
        const ran = await b.run(['run', '--agent', 'noop', '--no-repo', 'nothing'])
        expect(ran, ran.stderr).toMatchObject({ code: 0 })

        const removed = await b.run(['uninstall'])
        expect(removed, removed.stderr).toMatchObject({
          code: 0,
          stdout: expect.stringContaining(`removed toolbox ${toolbox.path}`),
        })
        expect(existsSync(join(home, 'the installation'))).toBe(false)
        await npm('uninstall', 'berth-agents')
        expect(existsSync(join(prefix, 'bin/berth'))).toBe(false)
      } finally {
        await b.close()
      }
    },
  )
})
