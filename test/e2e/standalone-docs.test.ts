import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findProgram } from '../../src/std/find-program.ts'
import { rootfulEngines, type TestEngine } from '../fixtures/engines.ts'
import { type ModelServer, startModelServer } from '../fixtures/model-server/start-model-server.ts'
import { git } from '../fixtures/remotes/git.ts'
import { commitFiles, makeWorkTree } from '../fixtures/remotes/make-repository.ts'
import { type HttpRemote, startHttpRemote } from '../fixtures/remotes/start-http-remote.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'
import { terminal } from '../fixtures/terminal.ts'
import { BUILD_MS, buildWorker, engineArgv, workerRef } from '../fixtures/worker-image.ts'

const KEY = 'sk-canary-d0c5cafe'
const PAGE = readFileSync(join(import.meta.dirname, '../../docs/standalone.md'), 'utf8')
/** The blocks of commands of the page, word for word. */
const BLOCKS = [...PAGE.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, text = '']) => text)

/**
 * Stands in PATH for the engine's CLI: the words of the page come to it as the shell reads them. It adds where the page's
 * repository and the models of the test are.
 */
const standIn = (engine: TestEngine, variables: Readonly<Record<string, string>>) => {
  const [program, ...words] = engineArgv(engine)
  const real = findProgram(process.env['PATH'] ?? '', program) ?? ''
  const more = Object.keys(variables).flatMap((name) => ['-e', name])
  return [
    '#!/bin/bash',
    '[ "$1" = run ] || exit 64',
    'shift',
    'case " $* " in *" --network host "*) network=() ;; *) network=(--network host) ;; esac',
    'words=()',
    // Another checkout on this machine may have built an image of that name meanwhile.
    `for word; do [ "$word" = berth-worker ] && word=${workerRef(engine)}; words+=("$word"); done`,
    `exec ${[real, ...words, 'run', ...more].join(' ')} "\${network[@]}" "\${words[@]}"`,
    '',
  ].join('\n')
}

const engines = rootfulEngines()
describe.skipIf(engines.length < 2)('docs/standalone.md', () => {
  const folder = temporaryFolder('berth-standalone-docs-')
  let model: ModelServer
  let remote: HttpRemote
  let env: Record<string, string>

  beforeAll(async () => {
    await buildWorker(engines)
    model = await startModelServer({ scenario: { key: KEY, after: { text: 'It is done.' } } })
    remote = await startHttpRemote()
    const tree = makeWorkTree(folder.at('side'))
    git(tree, ['fetch', '--quiet', remote.bare, 'main'])
    git(tree, ['checkout', '--quiet', '-B', 'side', 'FETCH_HEAD'])
    commitFiles(tree, { 'side.txt': 'side\n' }, 'side')
    git(tree, ['push', '--quiet', remote.bare, 'side'])
    mkdirSync(folder.at('bin'))
    makeWorkTree(folder.at('app'))
    const inside = {
      OPENAI_BASE_URL: `${model.url}/v1`,
      ANTHROPIC_BASE_URL: model.url,
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: `url.${remote.url}.insteadOf`,
      GIT_CONFIG_VALUE_0: 'https://github.com/owner/name',
    }
    for (const engine of engines) writeFileSync(folder.at('bin', engine.kind), standIn(engine, inside), { mode: 0o755 })
    const PATH = [folder.at('bin'), process.env['PATH']].join(delimiter)
    env = { ...inside, PATH, HOME: folder.path, OPENAI_API_KEY: KEY, ANTHROPIC_API_KEY: KEY }
  }, BUILD_MS)
  afterAll(async () => {
    await model.close()
    await remote.close()
    folder[Symbol.dispose]()
  })

  const start = (block: string) =>
    terminal(['bash', '-c', `set -e\n${block}`], { cwd: folder.path, env, limitMs: 120_000 })

  test.each(BLOCKS.filter((block) => !block.includes(' -it ')))('%s', async (block) => {
    const shown = start(block)
    expect([await shown.over, shown.screen]).toEqual([0, expect.stringContaining('done')])
  })

  test('the lines for a terminal are those of a screen, a shell and a login', async () => {
    const [screens, logins] = BLOCKS.filter((block) => block.includes(' -it '))
    const screen = start(screens ?? '')
    await screen.shows('Ask Codex to do anything')
    screen.type('\x03')
    await screen.shows('berth: done')
    await screen.shows('$ ')
    screen.type('codex --version; exit\n')
    expect([await screen.over, screen.screen]).toEqual([0, expect.stringContaining('codex-cli ')])

    // The login itself is the issuer's, so it is ended, and the line after it finds one that lies there.
    mkdirSync(folder.at('login'))
    writeFileSync(folder.at('login/auth.json'), JSON.stringify({ auth_mode: 'apikey', OPENAI_API_KEY: KEY }))
    writeFileSync(folder.at('login/config.toml'), `openai_base_url = "${model.url}/v1"\n`)
    delete env['OPENAI_API_KEY']
    const block = (logins ?? '')
      .replace('docker run -it', '! docker run -it')
      .replace('\ndocker run', '\ncp login/* codex-login\ndocker run')
    const login = start(block)
    await login.shows('https://auth.openai.com/oauth/authorize?')
    login.type('\x03')
    expect([await login.over, login.screen]).toEqual([0, expect.stringContaining('berth: done')])
  })
})
