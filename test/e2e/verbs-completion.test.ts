import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Berth, berth } from '../fixtures/berth.ts'
import { rootfulEngines } from '../fixtures/engines.ts'
import { keepLogin } from '../fixtures/issuers/keep-login.ts'
import { aLogin } from '../fixtures/logins.ts'
import { type ModelServer, startModelServer } from '../fixtures/model-server/start-model-server.ts'
import { terminal } from '../fixtures/terminal.ts'

const BERTH = join(import.meta.dirname, '..', '..', 'bin', 'berth')
let b: Berth
let model: ModelServer
let env: Readonly<Record<string, string>>
let done: string
let running: string
beforeAll(async () => {
  b = berth()
  model = await startModelServer({ scenario: { steps: [{ text: 'fine' }, { hang: 'head' }] } })
  const bin = join(b.folder, 'bin')
  mkdirSync(bin)
  symlinkSync(BERTH, join(bin, 'berth'))
  env = { ...b.env, PATH: `${bin}:${b.env['PATH']}` }
  writeFileSync(join(b.home, 'config.toml'), '[profiles.fast]\nmodel = "x"\n[profiles.thorough]\nmodel = "y"\n')
  for (const name of ['home', 'work']) keepLogin(b.home, aLogin({ name }))
  keepLogin(b.home, aLogin({ provider: 'claude', service: 'claude', name: 'bot' }))
  const flag = rootfulEngines()[0]?.flag ?? 'docker'
  const start = async (...args: readonly string[]) =>
    (await b.run(['start', '--engine', flag, '--base-url', model.url, ...args, 'the work'])).stdout.trim()
  done = await start('--label', 'batch=7')
  await b.run(['wait', done])
  running = await start()
  await b.until(running, (event) => event.type === 'agent.session')
  await b.run(['send', running, 'second prompt'])
  await b.run(['send', running, 'third prompt'])
})
afterAll(async () => {
  await b.close()
  await model.close()
})

type Shell = (...words: readonly string[]) => readonly string[]
const lines = (text: string) => text.split('\n').filter((line) => line !== '')

/** What bash puts into COMPREPLY; its own word breaks are in the words already. */
const bash: Shell = (...words) => {
  const script = `eval "$(berth completion bash)"; COMP_WORDS=(berth "$@"); COMP_CWORD=$#; _berth; printf "%s\\n" "\${COMPREPLY[@]}"`
  return lines(execFileSync('bash', ['-c', script, 'bash', ...words], { env }).toString())
}

/** What zsh is given to choose from: compadd is its own, and says what it got. */
const zsh: Shell = (...words) => {
  const script = `compdef() { :; }; _files() { print FILES; }; compadd() { print -l -- "\${values[@]}"; }
    eval "$(berth completion zsh)"; words=(berth "$@"); CURRENT=$#words; _berth`
  return lines(execFileSync('zsh', ['-f', '-c', script, 'zsh', ...words], { env }).toString())
}

const fish: Shell = (...words) => {
  const script = 'berth completion fish | source; complete -C "berth $argv"'
  const out = execFileSync('fish', ['--no-config', '-c', script, words.join(' ')], { env }).toString()
  return lines(out).map((line) => line.split('\t')[0] ?? '')
}

test.each([
  ['bash', bash],
  ['zsh', zsh],
  ['fish', fish],
] as const)('%s: commands, options, values, ids and turns', (_, offered) => {
  expect(offered('st')).toEqual(['start', 'status', 'stop'])
  expect(offered('config', 'sh')).toEqual(['show'])
  expect(offered('stop', '--n')).toEqual(['--now'])
  expect(offered('start', '--agent', 'co')).toEqual(['codex'])
  expect(offered('start', '--pull', 'n')).toEqual(['never'])
  expect(offered('start', '--timezone', 'Europe/Berl')).toEqual(['Europe/Berlin'])
  expect(offered('start', '--profile', '')).toEqual(['fast', 'thorough'])
  expect(offered('ls', '--state', 'done,fa')).toEqual(['done,failed'])
  expect(offered('ls', '--label', 'ba')).toEqual(['batch=7'])
  expect([...offered('diff', done.slice(0, 3))].sort()).toEqual([done, running].sort())
  expect(offered('fork', 't-')).toEqual([done])
  expect(offered('stop', 't-')).toEqual([running])
  expect(offered('fork', done, '--turn', '')).toEqual(['1'])
  expect(offered('withdraw', running, '')).toEqual(['2', '3'])
  expect(offered('withdraw', running, '2', '')).toEqual(['3'])
  expect(offered('allow', running, 'np')).toEqual(['npm'])
  expect(offered('net', 'r')).toEqual(['rules'])
  expect([...offered('net', 't-')].sort()).toEqual([done, running].sort())
  expect(offered('completion', 'z')).toEqual(['zsh'])
  expect(offered('auth', 'use', 'cl')).toEqual(['claude'])
  expect(offered('auth', 'use', 'codex', '')).toEqual(['home', 'work'])
  expect(offered('auth', 'logout', 'claude', '--name', '')).toEqual(['bot'])
  expect([...offered('start', '--login', '')].sort()).toEqual(['bot', 'home', 'none', 'work'])
})

test('bash cuts words at =, and gets the rest of them', () => {
  expect(bash('ls', '--state', '=', 'fa')).toEqual(['failed'])
  expect(bash('start', '--pull', '=')).toEqual(['missing', 'always', 'never'])
  expect(bash('ls', '--label', 'batch', '=', '')).toEqual(['7'])
  expect(zsh('ls', '--state=fa')).toEqual(['--state=failed'])
})

test('where a file belongs, the shell offers its own', () => {
  writeFileSync(join(b.folder, 'some-file.png'), '')
  expect(bash('send', '--file', 'so')).toEqual([])
  expect(zsh('send', '--file', 'so')).toEqual(['FILES'])
  expect(fish('send', '--file', join(b.folder, 'some-'))).toEqual([join(b.folder, 'some-file.png')])
})

test('zsh at its prompt: a tab writes the id', async () => {
  const shell = terminal(['zsh', '-f', '-i'], { env, columns: 120 })
  shell.type('autoload -Uz compinit && compinit -u -D && eval "$(berth completion zsh)" && echo rea""dy\r')
  await shell.shows('ready')
  shell.type(`berth fork ${done.slice(0, 4)}\t`)
  await shell.shows(done)
  shell.type('\x15exit\r')
  expect(await shell.over).toBe(0)
})

test('bash at its prompt: a tab writes the id', async () => {
  const shell = terminal(['bash', '--norc', '-i'], { env, columns: 120 })
  shell.type('eval "$(berth completion bash)" && echo rea""dy\r')
  await shell.shows('ready')
  shell.type(`berth fork ${done.slice(0, 4)}\t`)
  await shell.shows(done)
  shell.type('\x15exit\r')
  expect(await shell.over).toBe(0)
})

test('a shell that is none is refused', async () => {
  expect(await b.run(['completion', 'tcsh'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('completion tcsh: there are bash, zsh, fish'),
  })
  expect((await b.run(['completion'])).code).toBe(2)
})

describe('installed for the user', () => {
  const install = async (shell: string) => {
    const ran = await b.run(['completion', '--install', '--shell', shell, '--json'])
    expect(ran, ran.stderr).toMatchObject({ code: 0 })
    return JSON.parse(ran.stdout) as { readonly path: string; readonly changed: boolean }
  }
  const said = (file: string, args: readonly string[], more: Readonly<Record<string, string>> = {}) =>
    lines(execFileSync(file, args, { env: { ...env, ...more } }).toString())

  test('bash, zsh and fish load it from the file that is named, and a second time changes nothing', async () => {
    const files = new Map<string, string>()
    for (const shell of ['bash', 'zsh', 'fish']) {
      const { path, changed } = await install(shell)
      expect([changed, await install(shell)]).toEqual([true, { shell, path, changed: false }])
      files.set(shell, path)
    }
    const inBash = `source "$1"; COMP_WORDS=(berth config sh); COMP_CWORD=2; _berth; printf "%s\\n" "\${COMPREPLY[@]}"; complete -p berth`
    expect(said('bash', ['-c', inBash, 'bash', files.get('bash') ?? ''])).toEqual([
      'show',
      'complete -o default -F _berth berth',
    ])
    const inZsh = `compadd() { print -l -- "\${values[@]}"; }; fpath=(\${1:h} $fpath); autoload -Uz _berth
      words=(berth config sh); CURRENT=3; _berth; _berth`
    expect(said('zsh', ['-f', '-c', inZsh, 'zsh', files.get('zsh') ?? ''])).toEqual(['show', 'show'])
    const inFish = said('fish', ['-c', 'complete -C "berth config sh"'], { XDG_CONFIG_HOME: join(b.home, '.config') })
    expect(inFish.map((line) => line.split('\t')[0])).toEqual(['show'])
  })

  test("an older Berth's file is replaced, a stranger's stays", async () => {
    const { path } = await install('bash')
    const current = readFileSync(path, 'utf8')
    writeFileSync(path, `${current}# and more\n`)
    expect([await install('bash'), readFileSync(path, 'utf8')]).toEqual([
      { shell: 'bash', path, changed: true },
      current,
    ])
    writeFileSync(path, 'complete -W x berth\n')
    const refused = await b.run(['completion', 'bash', '--install'])
    expect(refused).toMatchObject({ code: 2, stdout: '' })
    expect(refused.stderr).toContain(`${path}: this file is not from Berth, so it stays`)
    expect(readFileSync(path, 'utf8')).toBe('complete -W x berth\n')
  })

  test('the shell of the session is taken where none is named', async () => {
    expect(await b.run(['completion', '--install'], { env: { SHELL: '/usr/bin/fish' } })).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('fish/completions/berth.fish'),
    })
    expect(await b.run(['completion', '--install'], { env: { SHELL: '/bin/dash' } })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('the shell of this session ("dash") is not one of bash, zsh, fish'),
    })
  })
})
