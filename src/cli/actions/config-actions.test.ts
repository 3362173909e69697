import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { BerthError } from '../../domain/errors.ts'
import type { Context } from '../context.ts'
import { configAction } from './config.ts'
import { explainAction, getAction } from './config-explain.ts'
import { editAction, pathAction } from './config-file.ts'
import { initAction } from './config-init.ts'
import { setAction, unsetAction } from './config-set.ts'
import { validateAction } from './config-validate.ts'

let folder: string
let out: string
let said: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'berth-config-'))
  out = ''
  said = ''
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const configFile = () => join(folder, 'c', 'config.toml')
const context = (env: Record<string, string> = {}): Context =>
  ({
    env,
    cwd: folder,
    paths: { configFile: configFile() },
    stdin: { isTTY: false },
    stdout: { write: (text: string) => (out += text) },
    stderr: { write: (text: string) => (said += text) },
  }) as unknown as Context

const text = () => readFileSync(configFile(), 'utf8')
const begin = async (toml: string) => {
  await initAction(context(), {})
  writeFileSync(configFile(), toml)
  out = ''
}
const failure = async (work: Promise<number>): Promise<BerthError> => {
  const error = await work.catch((one: unknown) => one)
  expect(error).toBeInstanceOf(BerthError)
  return error as BerthError
}

describe('explain and get', () => {
  const TOML = 'memory = "2g"\n[env]\nCI = "1"\nAPI_TOKEN = "canary"\n[presets.p]\nmemory = "3g"\n'

  test('every place that says something, the winner first', async () => {
    await begin(TOML)
    expect(await explainAction(context({ BERTH_MEMORY: '1g' }), 'memory', { preset: 'p' })).toBe(0)
    expect(out).toMatch(/^memory = 1 GiB\n/)
    const rows = out.split('\n').filter((line) => / GiB$/.test(line) && !line.startsWith('memory'))
    expect(rows.map((line) => line.trim().split(/ {2,}/))).toEqual([
      ['*', 'env BERTH_MEMORY', '1 GiB'],
      [expect.stringMatching(/^preset p \(.*config.toml:6\)$/), '3 GiB'],
      [expect.stringMatching(/config.toml:1$/), '2 GiB'],
    ])
  })

  test('what holds where nothing sets the key is said in words', async () => {
    await explainAction(context(), 'mount-roots', {})
    expect(out).toMatch(/^mount-roots = any folder\n.*\* +default +any folder\n$/s)
  })

  test('as JSON, with secrets masked', async () => {
    await begin(TOML)
    await explainAction(context(), 'env', { json: true })
    expect(JSON.parse(out)).toMatchObject({ key: 'env', value: { CI: '1', API_TOKEN: '***' }, joined: true })
    expect(out).not.toContain('canary')
  })

  test('the login of a proxy is masked, however it is asked for', async () => {
    await begin('https-proxy = "http://ann:canary@proxy.example:3128"\n')
    const shell = context({ BERTH_HTTP_PROXY: 'http://ann:c@nary/canary@proxy.example' })
    for (const json of [true, false])
      for (const key of ['https-proxy', 'http-proxy']) {
        await explainAction(shell, key, { json })
        await getAction(shell, key, { json })
      }
    await configAction(shell, {})
    await configAction(shell, { json: true, origin: true })
    expect(out).toContain('http://***@proxy.example:3128')
    expect(out).not.toMatch(/canary|c@nary/)
  })

  test('get prints an entry of a table, and a key of a table of the file', async () => {
    await begin(`${TOML}[presets.p.env]\nX = "y"\n[providers.codex]\nmodel = "m"\n`)
    const printed = async (name: string, options = {}) => {
      out = ''
      await getAction(context(), name, options)
      return out
    }
    expect(await printed('env.CI')).toBe('1\n')
    expect(await printed('env.API_TOKEN')).toBe('***\n')
    expect(await printed('env.NONE')).toBe('\n')
    expect(await printed('presets.p.memory')).toBe(`${3 * 2 ** 30}\n`)
    expect(await printed('presets.p.env.X')).toBe('y\n')
    expect(await printed('presets.none.memory')).toBe('\n')
    expect(await printed('agents.codex.model')).toBe('m\n')
    expect(JSON.parse(await printed('providers.codex.model', { json: true }))).toEqual({
      key: 'providers.codex.model',
      value: 'm',
      origin: expect.stringMatching(/config.toml:10$/),
    })
    for (const name of ['memory.x', 'presets.p', 'presets.p.memroy', 'env.'])
      expect((await failure(getAction(context(), name, {}))).code).toBe('usage')
  })

  test('get prints the value alone; an unknown key names the one that was meant', async () => {
    await begin(TOML)
    await getAction(context(), 'memory', {})
    expect(out).toBe(`${2 * 2 ** 30}\n`)
    out = ''
    await getAction(context(), 'turn-timeout', {})
    expect(out).toBe('1d\n')
    expect((await failure(getAction(context(), 'memroy', {}))).message).toContain('did you mean memory?')
    expect((await failure(getAction(context(), 'repo', {}))).message).toContain('give it as --repo')
  })
})

describe('a setting in a table of the file', () => {
  const TOML = 'memory = "2g"\n\n[github]\napp-id = 12\nprivate-key = "/k"\n'

  test.each(['github.app-id', 'github-app-id'])('%s is set, printed, explained and removed', async (name) => {
    await begin('memory = "2g"\n')
    expect(await setAction(context(), name, ['12'], {})).toBe(0)
    expect(text()).toBe('memory = "2g"\n\n[github]\napp-id = "12"\n')
    expect(await getAction(context(), name, {})).toBe(0)
    expect(out).toBe('12\n')
    out = ''
    expect(await explainAction(context({ BERTH_GITHUB_APP_ID: '13' }), name, {})).toBe(0)
    expect(out).toMatch(/^github\.app-id = 13\n.*env BERTH_GITHUB_APP_ID +13\n.*config.toml:4 +12\n$/s)
    expect(await unsetAction(context(), name, {})).toBe(0)
    expect(text()).toBe('memory = "2g"\n\n[github]\n')
  })

  test('show prints it by its name in the file', async () => {
    await begin(TOML)
    await configAction(context(), { json: true })
    expect(JSON.parse(out)).toMatchObject({ 'github.app-id': { value: '12' }, memory: { value: 2 ** 31 } })
  })

  test.each([
    ['github.appid', 'did you mean github.app-id?'],
    ['github', 'name a key of it: app-id, installation-id'],
  ])('%s is no key of it', async (name, words) => {
    await begin(TOML)
    for (const work of [() => setAction(context(), name, ['1'], {}), () => getAction(context(), name, {})])
      expect((await failure(work())).message).toContain(words)
    expect(text()).toBe(TOML)
  })

  test('validate tells what does not fit together, of the file in force and of another', async () => {
    await begin(`${TOML}token = "env:T"\n`)
    expect(await validateAction(context(), undefined, false)).toBe(2)
    expect(await validateAction(context(), configFile(), false)).toBe(2)
    expect(said.match(/sets both an App and a token/g)).toHaveLength(2)
  })
})

describe('unset', () => {
  const FILE = '# mine\nmemory = "2g" # of all\n[presets.p]\nimage = "i"\n[env]\nCI = "1"\n'

  test.each([
    ['memory', FILE.replace('memory = "2g" # of all\n', '')],
    ['presets.p.image', FILE.replace('image = "i"\n', '')],
    ['env.CI', FILE.replace('CI = "1"\n', '')],
  ])('%s goes, and all other lines stay', async (key, expected) => {
    await begin(FILE)
    expect(await unsetAction(context(), key, { json: true })).toBe(0)
    expect(text()).toBe(expected)
    expect(JSON.parse(out)).toEqual({ key, removed: true, file: configFile() })
    // A second time is fine, and is said.
    expect(await unsetAction(context(), key, {})).toBe(0)
    expect([text(), said]).toEqual([expected, `berth: ${configFile()} does not set ${key}\n`])
  })

  test.each([
    ['memroy', 'did you mean memory?'],
    ['env', 'begins the table env'],
    ['presets.p', 'begins the table presets.p'],
    ['presets.q', undefined],
  ])('%s: what is no key of the file is refused, or not there', async (key, message) => {
    await begin(FILE)
    if (message === undefined) expect(await unsetAction(context(), key, {})).toBe(0)
    else expect((await failure(unsetAction(context(), key, {}))).message).toContain(message)
    expect(text()).toBe(FILE)
  })

  test('a key of another kind than a setting goes, too', async () => {
    const needed = '[presets.a]\nimage = "i"\n[presets.b]\ninherits = ["a"]\n'
    await begin(needed)
    expect(await unsetAction(context(), 'presets.b.inherits', {})).toBe(0)
    expect(text()).toBe('[presets.a]\nimage = "i"\n[presets.b]\n')
  })

  test('a file that is wrong already is told as it is, and stays', async () => {
    await begin('memory = 3.5x\n')
    expect((await failure(unsetAction(context(), 'memory', {}))).code).toBe('config-invalid')
    expect(text()).toBe('memory = 3.5x\n')
  })
})

describe('set', () => {
  test.each([
    ['memory', ['4g'], '# mine\nmemory = "4g" # of all\n'],
    ['cpus', ['1.5'], '# mine\nmemory = "2g" # of all\ncpus = 1.5\n'],
    ['volume', ['/a:/a', '/b:/b'], '# mine\nmemory = "2g" # of all\nvolume = ["/a:/a", "/b:/b"]\n'],
    ['env.CI', ['1'], '# mine\nmemory = "2g" # of all\n\n[env]\nCI = "1"\n'],
    ['presets.p.shared-tree', ['true'], '# mine\nmemory = "2g" # of all\n\n[presets.p]\nshared-tree = true\n'],
    ['prices."a.b".input', ['1'], undefined],
  ])('%s %j', async (key, values, expected) => {
    await begin('# mine\nmemory = "2g" # of all\n')
    if (expected === undefined) {
      expect((await failure(setAction(context(), key, values, {}))).message).toContain(key)
      return
    }
    expect(await setAction(context(), key, values, {})).toBe(0)
    expect(text()).toBe(expected)
  })

  test.each([
    ['memory', ['lots'], 'memory: "lots" is not a size'],
    ['memroy', ['1g'], 'did you mean memory?'],
    ['memory', ['1g', '2g'], '2 values were given'],
    ['env', ['A=1'], 'set one entry of it, such as env.NAME'],
    ['presets.p.inherits', ['q'], 'there is no preset "q"'],
    ['presets.p', ['q'], 'presets.p: expected a table'],
    ['repo', ['x'], 'give it as --repo'],
    ['a b', ['x'], 'not a key of the config file'],
    ['memory.x', ['1'], 'as one value'],
  ])('%s %j changes nothing', async (key, values, words) => {
    await begin('memory = "2g"\n')
    expect((await failure(setAction(context(), key, values, {}))).message).toContain(words)
    expect(text()).toBe('memory = "2g"\n')
  })

  test('a file that is wrong already is not touched, and one behind a link is changed where it is', async () => {
    await begin('memroy = "2g"\n')
    expect((await failure(setAction(context(), 'pids', ['100'], {}))).message).toContain('config.toml:1')
    writeFileSync(configFile(), 'memory = "2g"\n')
    const real = join(folder, 'dotfiles.toml')
    writeFileSync(real, text())
    rmSync(configFile())
    symlinkSync(real, configFile())
    await setAction(context(), 'memory', ['3g'], { json: true })
    expect(readFileSync(real, 'utf8')).toBe('memory = "3g"\n')
    expect(JSON.parse(out)).toEqual({ key: 'memory', value: '3g', file: configFile() })
  })
})

describe('init, path and edit', () => {
  test('init writes what the flags say, and never overwrites', async () => {
    expect(await initAction(context(), { agent: 'claude', memory: '4g' })).toBe(0)
    expect(text()).toMatch(/^# .*\nagent = "claude"\nmemory = "4g"\n$/s)
    const error = await failure(initAction(context(), { agent: 'codex' }))
    expect([error.code, text().includes('claude')]).toEqual(['not-allowed', true])
  })

  test('init with a wrong value writes nothing', async () => {
    expect((await failure(initAction(context(), { memory: 'lots' }))).message).toContain('--memory: "lots"')
    await pathAction(context(), true)
    expect(JSON.parse(out)).toEqual({ path: configFile(), exists: false })
  })

  test('edit runs the editor’s command line, then names every mistake', async () => {
    const editor = "printf 'memroy = 1\\npids = true\\n' >"
    expect(
      await editAction(
        context({
          EDITOR: 'false',
          VISUAL: `sh -c '${editor} "$0"'`.replaceAll("printf '", 'printf "').replace("\\n' >", '\\n" >'),
        }),
        false,
      ),
    ).toBe(2)
    expect(said).toMatch(/config.toml:1: unknown key "memroy".*config.toml:2: pids/s)
    expect((await failure(editAction(context({ EDITOR: 'false' }), false))).message).toContain(
      'false ended with exit code 1',
    )
  })
})

describe('validate', () => {
  const check = async (name: string, content: string) => {
    writeFileSync(join(folder, name), content)
    out = ''
    const code = await validateAction(context(), name, true)
    return { code, ...(JSON.parse(out) as { valid: boolean; errors: readonly { code: string; message: string }[] }) }
  }

  test('an agent that there is not, of a request and of the file in force', async () => {
    const wrong = await check('r.json', '{"prompt":"x","settings":{"agent":"codx"}}')
    expect(wrong).toMatchObject({ code: 2, valid: false, errors: [{ code: 'unknown-provider' }] })
    expect(wrong.errors[0]?.message).toBe(
      'flag --agent: there is no agent "codx"; there are codex, claude, gemini, opencode (did you mean codex?)',
    )
    await begin('agent = "mine"\n')
    expect(await validateAction(context(), undefined, false)).toBe(2)
    expect(said).toContain('config.toml:1: there is no agent "mine"; there are codex, claude')
    writeFileSync(configFile(), 'agent = "mine"\n[agents.mine]\ncommand = ["mine"]\n')
    expect(await validateAction(context(), undefined, false)).toBe(0)
    expect(await check('m.json', '{"prompt":"x","settings":{"agent":"mine"}}')).toMatchObject({ code: 0 })
  })

  test('a config file: every mistake, with its line', async () => {
    expect(await check('ok.toml', 'memory = "1g"\n')).toMatchObject({ code: 0, valid: true, errors: [] })
    const wrong = await check('wrong.toml', 'memory = "x"\n\nengin = "docker"\n')
    expect(wrong).toMatchObject({ code: 2, valid: false })
    expect(wrong.errors.map(({ message }) => message.slice(0, 13))).toEqual(['wrong.toml:1:', 'wrong.toml:3:'])
  })

  test.each([
    ['{"prompt":"p","settings":{"agent":"claude","memory":"1g"}}', null],
    ['{"prompt":"","settings":{"mode":"review"}}', null],
    ['{"prompt":" "}', 'the prompt is empty'],
    ['{"settings":{}}', 'prompt: '],
    ['{"prompt":"p","setings":{}}', 'setings'],
    ['{"prompt":"p","settings":{"memory":"x"}}', '--memory: "x" is not a size'],
    ['{"prompt":"p","settings":{"preset":"x"}}', 'there is no preset "x"'],
    ['{"prompt":', 'this is not valid JSON'],
  ])('a request: %s', async (body, words) => {
    const { code, errors } = await check('request.json', body)
    expect([code, errors.length]).toEqual(words === null ? [0, 0] : [2, 1])
    if (words !== null) expect(errors[0]?.message).toContain(words)
  })

  test('a request: every mistake at once, each once', async () => {
    await begin('mount-roots = ["/none"]\nenv-allow = ["CI"]\nagent = 3\n')
    const settings = {
      ...{ memroy: '2g', cpus: 'x', agent: 'codx', preset: 'gone', source: 'mount', repo: folder },
      ...{ env: ['CI', 'TERM', 'A=1'], volume: ['/usr:/u', '/usr/bin:/b:ro'] },
    }
    writeFileSync(join(folder, 'all.json'), JSON.stringify({ prompt: ' ', settings, profil: 'p' }))
    await validateAction(context({ BERTH_PIDS: 'many' }), 'all.json', true)
    const { errors } = JSON.parse(out) as { errors: readonly { message: string }[] }
    const told = errors.map(({ message }) => message)
    for (const words of [
      'request: Unrecognized key: "profil"',
      '--memroy: there is no such setting (did you mean --memory?)',
      '--cpus: expected a number, got "x"',
      'flag --agent: there is no agent "codx"',
      'flag --preset: there is no preset "gone"',
      'config.toml:3: agent: expected',
      'BERTH_PIDS: expected a whole number',
      'the prompt is empty',
      '--env TERM: env-allow',
      '--volume /usr: this lies beneath none',
      '--volume /usr/bin: this lies beneath none',
      `--source mount ${folder}`,
    ])
      expect(told.filter((message) => message.includes(words))).toHaveLength(1)
    expect(told).toHaveLength(12)
  })

  test('a request: mounts and variables that the settings allow', async () => {
    await begin(`mount-roots = ["${folder}"]\nenv-allow = ["C*"]\n`)
    const settings = { source: 'mount', repo: '.', env: ['CI', 'OTHER=1'], volume: [`${folder}/c:/c`] }
    expect(await check('good.json', JSON.stringify({ prompt: 'p', settings }))).toMatchObject({ errors: [] })
  })

  test('the file in force, with the preset that a variable selects', async () => {
    await begin('[presets.p]\n')
    expect(await validateAction(context({ BERTH_PRESET: 'p' }), undefined, false)).toBe(0)
    expect(await validateAction(context({ BERTH_PRESET: 'q' }), undefined, false)).toBe(2)
    expect(said).toContain('there is no preset "q"; there are p')
  })
})
