import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import * as z from 'zod'
import { anyEngine, TEST_ALL } from '../fixtures/engines.ts'
import type { Scenario } from '../fixtures/model-server/scenario.ts'
import { type ModelServer, startModelServer } from '../fixtures/model-server/start-model-server.ts'
import { git } from '../fixtures/remotes/git.ts'
import { commitFiles } from '../fixtures/remotes/make-repository.ts'
import { type HttpRemote, startHttpRemote } from '../fixtures/remotes/start-http-remote.ts'
import { terminal } from '../fixtures/terminal.ts'
import { waitFor } from '../fixtures/wait-for.ts'
import { BUILD_MS, buildWorker, engineArgv, runArgv, runImage, workFolder } from '../fixtures/worker-image.ts'

const KEY = 'sk-canary-5ta9da10ne'
const ROOT = join(import.meta.dirname, '..', '..')
const schema = z.fromJSONSchema(JSON.parse(readFileSync(join(ROOT, 'schema/standalone-exit.schema.json'), 'utf8')))
const MAKE: Scenario = {
  key: KEY,
  steps: [
    { text: 'I write it.', shell: 'echo made > made.txt; id -un; echo "home $HOME"; pwd' },
    { text: 'It is written.', usage: { input: 100, output: 20 } },
  ],
}

describe.concurrent.each(anyEngine())('the image alone on $name', (engine) => {
  let model: ModelServer
  let remote: HttpRemote
  beforeAll(async () => {
    await buildWorker([engine])
    model = await startModelServer()
    remote = await startHttpRemote()
  }, BUILD_MS)
  afterAll(async () => {
    await model.close()
    await remote.close()
  })

  /** What Codex needs to come to a scenario of its own. */
  const codex = (name: string, scenario: Scenario = MAKE) => {
    model.load(scenario, name)
    return { REPO_URL: remote.url, OPENAI_API_KEY: KEY, OPENAI_BASE_URL: `${model.url}/s/${name}/v1` }
  }
  const asked = (name: string) => model.requests.filter(({ scenario }) => scenario === name)
  const head = () => git(remote.bare, ['rev-parse', 'main'])

  test('it clones, runs the agent without a terminal, and leaves log, summary and exit.json', async () => {
    using folder = workFolder()
    const env = { ...codex('first'), PROMPT: 'make the file\nwith two lines' }
    const ran = await runImage(engine, { flags: folder.mount, env })
    expect(ran.stderr).toContain('berth: done: codex finished its turn')
    expect(ran.code).toBe(0)
    expect(ran.stdout).toMatch(/\* I write it\..*agent\n *home \/home\/agent\n *\/work\/repo\n.*\* It is written\./s)
    expect(folder.read('repo/made.txt')).toBe('made\n')
    expect(asked('first')[0]?.text).toContain('make the file\\nwith two lines')
    const exit = folder.exit()
    expect(schema.safeParse(exit).error).toBeUndefined()
    expect(exit).toMatchObject({
      exitCode: 0,
      class: 'done',
      repository: { url: remote.url, folder: '/work/repo', ref: 'main', sha: head(), head: head() },
      provider: 'codex',
      mode: 'exec',
    })
    expect(Date.parse(exit.startedAt)).toBeLessThanOrEqual(Date.parse(exit.endedAt))
    expect(folder.read('out/summary.md')).toMatch(/^# make the file\n\ndone: .*It is written\..* made\.txt \(new/s)
    expect(folder.read('out/run.log')).toMatch(/^berth: cloning http.*"type":"turn\.completed"/s)
    expect(readdirSync(folder.at('out')).toSorted()).toEqual(
      [exit.run, 'exit.json', 'run.log', 'summary.md'].toSorted(),
    )
    expect(folder.read('out', exit.run, 'exit.json')).toBe(folder.read('out/exit.json'))
    // The agent prints no key, so all that could hold it is ours.
    expect(spawnSync('grep', ['-r', KEY, folder.work]).status).toBe(1)
  })

  test('any user has a name and a home, with a read-only root, flags with spaces and a prompt from a file', async () => {
    using folder = workFolder()
    const scenario = {
      ...MAKE,
      steps: [{ shell: 'whoami; getent passwd 4242; touch "$HOME/x" && cat <<X\nheredoc\nX' }],
    }
    writeFileSync(folder.beside('prompt'), '--help is what I want\n')
    const ran = await runImage(engine, {
      flags: [...folder.mount, '--user', '4242:4242', '--read-only', '-v', `${folder.beside('prompt')}:/prompt:ro`],
      env: {
        ...codex('any-user', scenario),
        PROMPT_FILE: '/prompt',
        CODEX_FLAGS: `-c 'developer_instructions="two  words; $(id) $HOME"'`,
        REPO_DIR: 'team/app',
      },
    })
    expect(ran.stderr).toContain('done')
    expect(ran.code).toBe(0)
    expect(folder.read('out/run.log')).toMatch(
      engine.kind === 'docker' ? /agent4242\\nagent4242:x:4242:4242/ : /4242\\n4242:/,
    )
    expect(folder.read('out/run.log')).toContain('heredoc')
    expect(asked('any-user')[0]?.text).toContain('two  words; $(id) $HOME')
    expect(asked('any-user')[0]?.text).toContain('--help is what I want')
    expect(statSync(folder.at('team/app/README.md')).uid).toBe(4242)
  })

  test('runs side by side keep their outputs apart, and a dirty clone is kept and said', async () => {
    using folder = workFolder()
    const run = (name: string, more: Readonly<Record<string, string>>) =>
      runImage(engine, { flags: folder.mount, env: { ...codex(name), PROMPT: name, ...more } })
    const both = await Promise.all([
      run('one', { RUN_NAME: 'one', REPO_DIR: 'one' }),
      run('two', { RUN_NAME: 'two', REPO_DIR: 'two' }),
    ])
    expect(both.map(({ code }) => code)).toEqual([0, 0])
    for (const name of ['one', 'two']) expect(folder.read('out', name, 'summary.md')).toContain(`# ${name}\n`)
    const again = await run('again', { RUN_NAME: 'again', REPO_DIR: 'one' })
    expect(again.stderr).toContain(
      'kept /work/one as it is: 1 of its files is not committed, so nothing was checked out',
    )
    expect(again.code).toBe(0)
    expect(folder.read('one/made.txt')).toBe('made\n')
    const taken = await run('taken', { RUN_NAME: 'one' })
    expect(taken.stderr).toContain('made the output folder /work/out/one: EEXIST')
    expect(taken.code).toBe(69)
    expect(folder.exit().run).toBe('again')
  })

  test('PUSH commits and pushes; the password of the address is nowhere', async () => {
    using folder = workFolder()
    const password = 'pass-canary-1d0c'
    await using guarded = await startHttpRemote({ login: { user: 'bot', password } }).then((one) =>
      Object.assign(one, { [Symbol.asyncDispose]: one.close }),
    )
    const url = guarded.url.replace('http://', `http://bot:${password}@`)
    const env = { ...codex('push'), REPO_URL: url, PROMPT: 'make it', PUSH: 'made/here', GIT_AUTHOR_NAME: 'Ada' }
    const ran = await runImage(engine, {
      flags: folder.mount,
      env: { ...env, GIT_AUTHOR_EMAIL: 'ada@example.invalid' },
    })
    expect(ran.stderr).toMatch(/pushed [0-9a-f]{7} to made\/here/)
    expect(ran.code).toBe(0)
    expect(git(guarded.bare, ['log', '-1', '--format=%an <%ae>|%s', 'made/here'])).toBe(
      'Ada <ada@example.invalid>|make it',
    )
    expect(git(guarded.bare, ['show', 'made/here:made.txt'])).toBe('made')
    expect(folder.exit()).toMatchObject({
      pushed: { branch: 'made/here', sha: git(guarded.bare, ['rev-parse', 'made/here']) },
    })
    expect(spawnSync('grep', ['-r', password, folder.work]).status).toBe(1)
    expect(ran.stdout + ran.stderr).not.toContain(password)
  })

  test('a mounted source tree fills an empty workspace, and CODEX_MODE=review reviews it', async () => {
    using folder = workFolder()
    mkdirSync(folder.beside('tree'))
    git(folder.beside('tree'), ['init', '--quiet'])
    const sha = commitFiles(folder.beside('tree'), { 'a.txt': 'a\n' }, 'first')
    const ran = await runImage(engine, {
      flags: [...folder.mount, '--volume', `${folder.beside('tree')}:/src:ro`],
      env: { ...codex('source'), REPO_URL: '', CODEX_MODE: 'review', REVIEW_BASE: 'HEAD' },
    })
    expect(ran.stderr).toContain('copying /src to /work/repo')
    expect(ran.code).toBe(0)
    expect(folder.read('repo/a.txt')).toBe('a\n')
    expect(asked('source')[0]?.text).toContain('Review the changes that this branch makes since it left HEAD')
    expect(folder.exit()).toMatchObject({ repository: { url: null, sha }, mode: 'review' })
  })

  test('a login in a mounted folder serves the runs after it; the commands of the first guide work word for word', async () => {
    using folder = workFolder()
    mkdirSync(folder.beside('codex'), { mode: 0o777 })
    const login = ['--volume', `${folder.beside('codex')}:/home/codex/.codex`]
    spawnSync('chmod', ['1777', folder.beside('codex')])
    const browser = await runImage(engine, {
      flags: login,
      words: ['bash', '-lc', 'codex auth login'],
      started: (child) =>
        child.stderr?.on('data', (text: Buffer) => {
          if (text.includes('oauth/authorize')) child.kill('SIGTERM')
        }),
    })
    expect(browser.stderr).toContain('https://auth.openai.com/oauth/authorize?')
    const byKey = await runImage(engine, {
      flags: login,
      words: ['bash', '-lc', 'codex auth login --with-api-key; echo "$HOME"; pwd'],
      input: `${KEY}\n`,
    })
    expect(byKey).toMatchObject({ code: 0, stdout: '/home/agent\n/work\n' })
    const { OPENAI_BASE_URL, OPENAI_API_KEY: _, ...env } = codex('login')
    const ran = await runImage(engine, {
      flags: [...folder.mount, ...login],
      env: { ...env, PROMPT: 'make it', AGENT_FLAGS: `-c 'openai_base_url="${OPENAI_BASE_URL}"'` },
    })
    expect(ran.stderr).toContain('done')
    expect(ran.code).toBe(0)
    expect(folder.read('repo/made.txt')).toBe('made\n')
  })

  test('a stop ends the agent, and the outputs are written', async () => {
    using folder = workFolder()
    const name = `berth-standalone-stop-${process.pid}-${engine.name}`
    const env = { ...codex('stop', { key: KEY, steps: [{ hang: 'head' }] }), PROMPT: 'wait' }
    const running = runImage(engine, { flags: [...folder.mount, '--name', name], env })
    await waitFor(() => asked('stop').length > 0, 'a request')
    const [program, ...words] = engineArgv(engine)
    spawnSync(program, [...words, 'stop', name])
    expect((await running).code).toBe(143)
    expect(folder.exit()).toMatchObject({ exitCode: 143, class: 'stopped', reason: 'ended by SIGTERM' })
    expect(folder.read('out/summary.md')).toContain('failed (stopped, exit code 143)')
  })

  test('on a terminal it shows the same, and Ctrl-C ends it', async () => {
    using folder = workFolder()
    const scenario = { key: KEY, steps: [{ text: 'I begin.', shell: 'true' }, { hang: 'head' as const }] }
    const argv = runArgv(engine, {
      flags: [...folder.mount, '--interactive', '--tty'],
      env: { ...codex('terminal', scenario), PROMPT: 'wait' },
    })
    const shown = terminal([engine.kind, ...argv], { env: { PATH: process.env['PATH'] ?? '' }, limitMs: 90_000 })
    await shown.shows('* I begin.')
    await waitFor(() => asked('terminal').length > 1, 'the second request')
    shown.type('\x03')
    expect(await shown.over).toBe(130)
    expect(folder.exit()).toMatchObject({ exitCode: 130, class: 'stopped', reason: 'ended by SIGINT' })
  })

  const failures: readonly (readonly [string, number, string, Readonly<Record<string, string>>, readonly string[]])[] =
    [
      ['input', 64, 'REPO_URL is missing', { REPO_URL: '' }, []],
      ['clone', 65, 'cloned http', { REPO_URL: 'http://127.0.0.1:1/none.git' }, []],
      ['checkout', 66, 'there is no branch, tag or commit nowhere', { REPO_REF: 'nowhere' }, []],
      ['no-cli', 67, 'the image has no Claude Code', { PROVIDER: 'claude' }, ['-v', '/dev/null:/opt/berth/bin/claude']],
      ['no-credentials', 68, 'OpenAI Codex has no credentials', { OPENAI_API_KEY: '' }, []],
      ['auth', 1, 'failed (auth)', { OPENAI_API_KEY: 'sk-another-key' }, []],
      ...(TEST_ALL
        ? ([
            ['input', 64, 'PROMPT is missing', { PROMPT: '' }, []],
            ['input', 64, "REPO_DIR=../x has a part '..'", { REPO_DIR: '../x' }, []],
            ['input', 64, 'MODE=exce is unknown', { MODE: 'exce' }, []],
            ['input', 64, 'PROVIDER=codx is unknown', { PROVIDER: 'codx' }, []],
            ['input', 64, 'AGENT_FLAGS: a quote is left open', { AGENT_FLAGS: "'" }, []],
            ['input', 64, 'MODE=chat needs a terminal', { MODE: 'chat' }, []],
          ] as const)
        : []),
    ]
  test.each(failures)('a failure has its own exit code: %s is %i, %s', async (kind, code, words, env, flags) => {
    using folder = workFolder()
    const name = `fails-${code}-${words.length}`
    const ran = await runImage(engine, {
      flags: [...folder.mount, ...flags],
      env: { ...codex(name), PROMPT: 'x', ...env },
    })
    expect(ran.stderr).toContain(words)
    expect(ran.code).toBe(code)
    const exit = folder.exit()
    expect(exit).toMatchObject({ exitCode: code, class: kind })
    expect(schema.safeParse(exit).error).toBeUndefined()
    expect(folder.read('out/run.log')).toContain(words)
    expect(folder.read('out/summary.md')).toContain(`failed (${kind}, exit code ${code})`)
  })

  test('outputs that cannot be written are 69, and --help needs nothing', async () => {
    using folder = workFolder()
    const ran = await runImage(engine, {
      flags: ['-v', `${folder.work}:/work:ro`],
      env: { ...codex('ro'), PROMPT: 'x' },
    })
    expect(ran.stderr).toContain('made the output folder /work/out')
    expect(ran.code).toBe(69)
    expect(existsSync(folder.at('out'))).toBe(false)
    const help = await runImage(engine, { words: ['--help'], flags: ['--read-only'] })
    expect(help).toMatchObject({ code: 0, stderr: '' })
    expect(help.stdout).toContain('REPO_URL')
    const stderr = 'berth: the image has no program nosuch. Give --help, a program, or nothing.\n'
    expect(await runImage(engine, { words: ['nosuch', '-x'] })).toMatchObject({ code: 127, stdout: '', stderr })
  })
})
