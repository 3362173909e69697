import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { LABEL } from '../../src/domain/container-spec.ts'
import { EXIT } from '../../src/domain/errors.ts'
import { engineAt } from '../../src/engines/locate/engine-at.ts'
import { type Berth, berth, type Ran } from '../fixtures/berth.ts'
import { rootfulEngines, type TestEngine } from '../fixtures/engines.ts'
import { type ModelServer, startModelServer } from '../fixtures/model-server/start-model-server.ts'
import { makeBare } from '../fixtures/remotes/make-repository.ts'
import type { Remote } from '../fixtures/remotes/remote.ts'
import { sshKey } from '../fixtures/remotes/signing-keys.ts'
import { startFileRemote } from '../fixtures/remotes/start-file-remote.ts'
import { type HttpRemote, startHttpRemote } from '../fixtures/remotes/start-http-remote.ts'
import { startSshRemote } from '../fixtures/remotes/start-ssh-remote.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'

type Case = {
  readonly name: string
  /** Instead of `start` with engine, model and prompt. */
  readonly whole?: readonly string[]
  readonly args?: readonly string[]
  readonly prompt?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly config?: string
  readonly exit: keyof typeof EXIT
  /** What the message must say: what was tried, with which thing, what to do. */
  readonly says: readonly (string | RegExp)[]
  readonly never?: string
}

const engine: TestEngine = rootfulEngines()[0] ?? { name: 'docker', kind: 'docker', flag: 'docker', endpoint: 'none' }
const place = temporaryFolder('berth-bad-')
const dead = place.at('dead.sock')
const closed = place.at('closed.sock')
let b: Berth
let model: ModelServer
let remote: Remote
let guarded: HttpRemote
const doors = createServer()
const manifest = place.at('sessions.yaml')
const bare = place.at('main.git')

/** A socket that nobody listens on any more, and one that only root may open. */
const makeSockets = async () => {
  const gone = createServer()
  await new Promise<void>((resolve) => gone.listen(`${dead}.listen`, resolve))
  renameSync(`${dead}.listen`, dead)
  await new Promise((resolve) => gone.close(resolve))
  await new Promise<void>((resolve) => doors.listen(closed, resolve))
  execFileSync('chmod', ['600', closed])
  execFileSync('chmod', ['755', place.path])
}

beforeAll(async () => {
  b = berth()
  model = await startModelServer()
  remote = await startFileRemote()
  guarded = await startHttpRemote({ login: { user: 'ada', password: 'right' } })
  await makeSockets()
  makeBare(bare)
  writeFileSync(manifest, 'sessions:\n- id: a\n  repo: x/y\n  branch: main\n  prompt: p\n  memroy: 1g\n')
  writeFileSync(place.at('no-schema.json'), '{"tpye": "object"}')
})
afterAll(async () => {
  await b.close()
  await model.close()
  await remote.close()
  await guarded.close()
  await new Promise((resolve) => doors.close(resolve))
  place[Symbol.dispose]()
})

const folders = (home: string) => (existsSync(join(home, 'tasks')) ? readdirSync(join(home, 'tasks')) : [])
const made = async (one: Berth) => ({
  list: (await one.json<{ tasks: unknown[] }>(['ls', '-a'])).tasks,
  folders: folders(one.home),
})

/** One message of a few lines on stderr, nothing on stdout, no stack. */
const expectError = (ran: Ran, { exit, says, never }: Pick<Case, 'exit' | 'says' | 'never'>) => {
  for (const part of says) {
    if (typeof part === 'string') expect(ran.stderr).toContain(part)
    else expect(ran.stderr).toMatch(part)
  }
  expect(ran).toMatchObject({ code: EXIT[exit], stdout: '' })
  expect(ran.stderr).toMatch(/^berth: .+\n( {2}.+\n)?$/)
  expect(ran.stderr).not.toMatch(/\n\s+at |internal error|undefined|\[object/)
  if (never !== undefined) expect(ran.stderr).not.toContain(never)
}

const at = (url: string) => ['--repo', url, '--branch', 'main']

const CASES: readonly Case[] = [
  {
    name: 'unknown engine',
    args: ['--engine', 'dokcer'],
    exit: 'usage',
    says: ['--engine dokcer', 'did you mean docker?'],
  },
  { name: 'unknown agent', args: ['--agent', 'codx'], exit: 'usage', says: ['--agent codx', 'did you mean codex?'] },
  {
    name: 'daemon down',
    args: ['--engine', 'docker'],
    env: { DOCKER_HOST: `unix://${dead}` },
    exit: 'engine',
    says: [dead, 'DOCKER_HOST', 'systemctl start docker'],
  },
  {
    name: 'no socket',
    args: ['--engine', 'docker'],
    env: { DOCKER_HOST: 'unix:///nowhere/docker.sock' },
    exit: 'engine',
    says: ['/nowhere/docker.sock', 'DOCKER_HOST'],
  },
  {
    name: 'a schema that is no JSON Schema',
    args: ['--output-schema', place.at('no-schema.json')],
    exit: 'usage',
    says: ['--output-schema: ', 'unknown keyword: "tpye"', 'draft 2020-12'],
  },
  {
    name: 'a schema that is not there',
    args: ['--output-schema', place.at('nowhere.json')],
    exit: 'usage',
    says: ['--output-schema ', 'nowhere.json: there is no such file'],
  },
  {
    name: 'a startup script that is not there',
    args: ['--startup-script', place.at('nowhere.sh')],
    exit: 'usage',
    says: ['--startup-script ', 'nowhere.sh: there is no such file'],
  },
  {
    name: 'an output folder that is a file',
    args: ['--output', place.at('no-schema.json')],
    exit: 'usage',
    says: [`--output ${place.at('no-schema.json')}`, 'is no folder'],
  },
  {
    name: 'a contact of two lines',
    args: ['--operator-contact', 'ann\nbob'],
    exit: 'usage',
    says: ['--operator-contact', 'without control characters'],
  },
  {
    name: 'a workspace that is not empty',
    args: ['--workspace', place.path],
    exit: 'usage',
    says: [`--workspace ${place.path}: it is not empty`, '--reuse-existing'],
  },
  {
    name: 'unknown runtime',
    args: ['--runtime', 'nothing'],
    exit: 'usage',
    says: ['--runtime nothing', 'docker does not know this runtime', 'runc'],
  },
  { name: 'runtime by its path', args: ['--runtime', '/usr/sbin/runc'], exit: 'usage', says: ['--runtime', 'letters'] },
  {
    name: 'GPUs without their runtime',
    args: ['--gpus', 'all'],
    exit: 'engine',
    says: ['--gpus all', 'docker cannot give GPUs to a container', 'leave --gpus out'],
  },
  { name: 'GPUs in no form', args: ['--gpus', 'many'], exit: 'usage', says: ['--gpus', '"many" is neither all'] },
  {
    name: 'a published port of a sandbox',
    args: ['--publish', '8080:80'],
    exit: 'usage',
    says: ['--publish 127.0.0.1:8080:80/tcp', '--policy sandboxed', '`berth forward ID 80:8080`'],
  },
  {
    name: 'publish in no form',
    args: ['--publish', '80'],
    exit: 'usage',
    says: ['--publish', '"80" is not HOSTPORT:PORT'],
  },
  {
    name: 'device that is not there',
    args: ['--device', '/dev/nothing-here'],
    exit: 'usage',
    says: ['--device /dev/nothing-here', 'there is no such device on this machine'],
  },
  {
    name: 'device in no form',
    args: ['--device', 'fuse'],
    exit: 'usage',
    says: ['--device', 'does not lie below /dev'],
  },
  { name: 'limit in no form', args: ['--ulimit', 'nofile=x'], exit: 'usage', says: ['--ulimit', 'NAME=SOFT'] },
  { name: 'unknown limit', args: ['--ulimit', 'files=1'], exit: 'usage', says: ['--ulimit', 'none of core, cpu'] },
  { name: 'shm-size in no form', args: ['--shm-size', 'much'], exit: 'usage', says: ['--shm-size', 'much'] },
  {
    name: 'missing image',
    args: ['--image', 'berth-no-such:1', '--pull', 'never'],
    exit: 'engine',
    says: ['berth-no-such:1', '--pull never'],
  },
  {
    name: 'image of a registry that refuses',
    args: ['--image', '127.0.0.1:1/team/app:1'],
    exit: 'engine',
    says: ['127.0.0.1:1/team/app:1'],
  },
  {
    name: 'invalid image reference',
    args: ['--image', 'Not An Image'],
    exit: 'usage',
    says: ['--image Not An Image', 'lower case'],
  },
  { name: 'option-like image', args: ['--image=--privileged'], exit: 'usage', says: ['--image --privileged'] },
  {
    name: 'no credentials',
    whole: ['start', '--engine', engine.flag, 'work'],
    env: { OPENAI_API_KEY: '' },
    exit: 'auth',
    says: ['OPENAI_API_KEY is not set', '--base-url'],
  },
  {
    name: 'a key for signatures that stands where its reference should',
    args: ['--repo', '.', '--sign', 'ssh:hush-hush'],
    exit: 'usage',
    says: ['--sign: ssh: needs the absolute path of a private key'],
    never: 'hush-hush',
  },
  {
    name: 'an author on two lines',
    args: ['--repo', '.', '--author', 'Ada <a@x.org>\nX: y <b@x.org>'],
    exit: 'usage',
    says: ['--author: an author stands on one line'],
  },
  {
    name: 'base URL that is none',
    args: ['--base-url', 'ftp://x'],
    exit: 'usage',
    says: ['--base-url ftp://x', 'http or https'],
  },
  {
    name: 'base URL with a password',
    args: ['--base-url', 'http://u:hush-hush@127.0.0.1:1/v1'],
    exit: 'usage',
    says: ['--base-url'],
    never: 'hush-hush',
  },
  {
    name: 'a proxy of the network that does not answer',
    args: ['--base-url', 'https://model.invalid/v1'],
    env: { HTTPS_PROXY: 'http://ann:hush-hush@127.0.0.1:9' },
    exit: 'engine',
    says: ["the proxy 127.0.0.1:9 can't be reached: 127.0.0.1:9 takes no connection", 'HTTPS_PROXY'],
    never: 'hush-hush',
  },
  {
    name: 'a variable that is no proxy',
    env: { https_proxy: 'socks5://ann:hush-hush@127.0.0.1:9' },
    exit: 'usage',
    says: ['https_proxy: a proxy of socks5:// is not known', 'berth config set https-proxy'],
    never: 'hush-hush',
  },
  {
    name: 'a setting that is no proxy',
    config: 'https-proxy = "ftp://ann:hush-hush@127.0.0.1:9"',
    exit: 'usage',
    says: ['config.toml:1: https-proxy: a proxy of ftp:// is not known'],
    never: 'hush-hush',
  },
  {
    name: 'a file of authorities that is none',
    config: 'ca-file = "/etc/hosts"',
    exit: 'usage',
    says: ['ca-file: /etc/hosts is no file of certificates: it has no certificate in PEM form'],
  },
  { name: 'bad repository URL', args: at('https://'), exit: 'usage', says: ['https://', 'owner/name'] },
  { name: 'unknown transport', args: at('ext::sh -c touch% /tmp/x'), exit: 'usage', says: ['not allowed'] },
  {
    name: 'URL with a password',
    args: at('https://ada:hush-hush@git.example/a/b.git'),
    exit: 'usage',
    says: ['must not hold a password', 'credential helper'],
    never: 'hush-hush',
  },
  {
    name: 'option-like URL',
    args: ['--repo=--upload-pack=x', '--branch', 'main'],
    exit: 'usage',
    says: ['--upload-pack=x', 'begins with a dash'],
  },
  {
    name: 'option-like ref',
    args: ['--repo', 'file:///x/y', '--ref=--upload-pack=x'],
    exit: 'usage',
    says: ['--upload-pack=x', 'begins with a dash'],
  },
  {
    name: 'option-like branch',
    args: ['--repo', 'file:///x/y', '--branch=-x'],
    exit: 'usage',
    says: ['-x', 'begins with a dash'],
  },
  {
    name: 'option-like --push-to',
    args: ['--repo', 'file:///x/y', '--push-to=-x'],
    exit: 'usage',
    says: ['-x', 'begins with a dash'],
  },
  {
    name: 'seccomp file that is no JSON',
    args: ['--seccomp-profile', '/etc/passwd'],
    exit: 'usage',
    says: ['--seccomp-profile /etc/passwd', 'not JSON', 'leave the flag out'],
    never: 'root:x',
  },
  { name: 'owner/..', args: at('owner/..'), exit: 'usage', says: ['owner/..', 'owner/name'] },
  {
    name: 'owner/name without a branch',
    args: ['--repo', 'owner/name'],
    exit: 'usage',
    says: ['owner/name', '--branch'],
  },
  { name: 'branch without a repository', args: ['--branch', 'main'], exit: 'usage', says: ['--branch', '--repo'] },
  { name: 'no such folder', args: at('./no-such'), exit: 'usage', says: ['no-such', 'no such folder'] },
  { name: 'folder that is no repository', args: ['--repo', '/usr'], exit: 'usage', says: ['/usr', '--source copy'] },
  {
    name: 'unreachable repository',
    args: at('http://127.0.0.1:1/a/b.git'),
    exit: 'auth',
    says: ['http://127.0.0.1:1/a/b.git', /refused|connect/i, 'git ls-remote'],
  },
  {
    name: 'a second repository that cannot be reached',
    args: ['--repo', bare, '--repo', 'http://127.0.0.1:1/a/b.git:lib'],
    exit: 'auth',
    says: ['http://127.0.0.1:1/a/b.git', /refused|connect/i, 'git ls-remote'],
  },
  {
    name: 'a second repository in the folder of the first',
    args: ['--repo', bare, '--repo', `${bare}.work:main`],
    exit: 'usage',
    says: ['both would lie in the folder main', 'REPOSITORY:FOLDER'],
  },
  {
    name: 'volume without a target',
    args: ['--volume', '/usr'],
    exit: 'usage',
    says: ['--volume', '/usr', 'HOST:CONTAINER:ro'],
  },
  {
    name: 'a relative volume that is not there',
    args: ['--volume', 'here:/x'],
    exit: 'usage',
    says: [/\/here: .*no such file/],
  },
  {
    name: 'volume with a wrong mode',
    args: ['--volume', '/usr:/x:rw,z'],
    exit: 'usage',
    says: ['/usr:/x:rw,z', 'ro nor rw'],
  },
  {
    name: 'a privileged task with a folder of the user',
    args: ['--policy', 'privileged', '--volume', '/usr:/x'],
    exit: 'usage',
    says: ['--policy privileged', '--volume /usr', 'rootless Podman'],
  },
  {
    name: 'unknown group',
    args: ['--allow', 'nmp'],
    exit: 'usage',
    says: ['--allow: unknown group "nmp" (did you mean npm?): the groups are npm, pypi'],
  },
  {
    name: 'a rule with a path in its host',
    args: ['--allow', 'example.org/acme'],
    exit: 'usage',
    says: ['"example.org/acme" has a path: write it as a word of its own'],
  },
  {
    name: 'a rule with a user',
    args: ['--allow', 'me@example.org'],
    exit: 'usage',
    says: ['"me@example.org" has a user: write the host alone'],
  },
  {
    name: 'a wildcard in the middle of a label',
    args: ['--allow', 'foo*.example.org'],
    exit: 'usage',
    says: ['"foo*.example.org": a * stands for whole labels at the beginning, like *.example.org'],
  },
  {
    name: 'a private address without the word',
    args: ['--allow', '0x7f.1:80'],
    exit: 'usage',
    says: ['127.0.0.1 is a loopback address: write "127.0.0.1:80 private" to allow it'],
  },
  {
    name: 'a port that is none',
    args: ['--allow', 'example.org:https'],
    exit: 'usage',
    says: ['"example.org:https": the port is not a number from 1 to 65535'],
  },
  {
    name: 'a rule without a sandbox',
    args: ['--policy', 'open', '--allow', 'npm'],
    exit: 'usage',
    says: ['--allow: with --policy open the task has the whole network of the engine', '--policy sandboxed'],
  },
  {
    name: 'a repository that is not allowed, and is not asked',
    args: at('git@github.com:acme-evil/x.git'),
    config: 'allowed-repositories = ["github.com/acme/*"]',
    exit: 'usage',
    says: ['acme-evil/x.git": allowed-repositories does not list it; it lists github.com/acme/*'],
  },
  {
    name: 'a host that is not allowed',
    args: ['--allow', 'example.org'],
    config: 'allowed-hosts = ["npm", "127.0.0.1"]',
    exit: 'usage',
    says: ['--allow "example.org": a task may not reach example.org; allowed-hosts lists npm, 127.0.0.1'],
  },
  { name: 'volume over the workspace', args: ['--volume', '/usr:/work'], exit: 'usage', says: ['/usr:/work'] },
  {
    name: 'volume that is not there',
    args: ['--volume', '/no/such:/x'],
    exit: 'usage',
    says: ['/no/such', 'no such file or folder'],
  },
  { name: 'env without a name', args: ['--env', '=x'], exit: 'usage', says: ['--env', '=x', 'NAME=VALUE'] },
  {
    name: 'env with a wrong name',
    args: ['--env', 'a-b=x'],
    exit: 'usage',
    says: ['a-b', 'not the name of a variable'],
  },
  { name: 'memory syntax', args: ['--memory', 'lots'], exit: 'usage', says: ['--memory', 'lots'] },
  {
    name: 'too little memory',
    args: ['--memory', '1k'],
    exit: 'usage',
    says: ['--memory: 1k is not allowed: at least 6m'],
  },
  { name: 'cpu syntax', args: ['--cpus', 'two'], exit: 'usage', says: ['--cpus', 'two', 'a number'] },
  { name: 'no cpu', args: ['--cpus', '0'], exit: 'usage', says: ['--cpus', '0'] },
  { name: 'pids syntax', args: ['--pids', '1.5'], exit: 'usage', says: ['--pids', '1.5', 'whole number'] },
  { name: 'root inside', args: ['--user', '0'], exit: 'usage', says: ['--user', 'root'] },
  {
    name: 'wrong choice',
    args: ['--pull', 'sometimes'],
    exit: 'usage',
    says: ['--pull', 'sometimes', 'missing, always, never'],
  },
  { name: 'a label of ours', args: ['--label', 'berth.task=x'], exit: 'usage', says: ['berth.task'] },
  { name: 'turn timeout syntax', args: ['--turn-timeout', '5'], exit: 'usage', says: ['--turn-timeout', '5'] },
  { name: 'keep-alive without a unit', args: ['--keep-alive', '5'], exit: 'usage', says: ['--keep-alive', 'unit'] },
  { name: 'keep-alive too long', args: ['--keep-alive', '30d'], exit: 'usage', says: ['--keep-alive', 'at most 7d'] },
  { name: 'name syntax', args: ['--name', 'No Good'], exit: 'usage', says: ['--name', 'No Good', 'lower-case'] },
  { name: 'relative workdir', args: ['--workdir', 'here'], exit: 'usage', says: ['--workdir', 'here', 'absolute'] },
  {
    name: 'unknown flag',
    args: ['--enginee', 'docker'],
    exit: 'usage',
    says: ['--enginee', 'did you mean --engine?', '--help'],
  },
  { name: 'flag without its value', whole: ['start', 'work', '--engine'], exit: 'usage', says: ['--engine'] },
  { name: 'unknown command', whole: ['rnu', 'work'], exit: 'usage', says: ["'rnu'", 'did you mean run?'] },
  {
    name: 'unknown config key',
    config: 'engine = "docker"\n\nmemroy = "1g"\n',
    exit: 'usage',
    says: [/config\.toml:3: .*memroy.*did you mean memory\?/],
  },
  {
    name: 'wrong type in the file',
    config: 'pids = "many"\n',
    exit: 'usage',
    says: [/config\.toml:1: pids: .*whole number.*many/],
  },
  { name: 'a file that is not TOML', config: 'engine = \n', exit: 'usage', says: [/config\.toml:1: /] },
  {
    name: 'unknown profile',
    args: ['--profile', 'fats'],
    config: '[profiles.fast]\nmodel = "x"\n',
    exit: 'usage',
    says: ['"fats"', 'did you mean fast?'],
  },
  { name: 'wrong value in a variable', env: { BERTH_PIDS: 'x' }, exit: 'usage', says: ['BERTH_PIDS', 'whole number'] },
  { name: 'no prompt', prompt: [], exit: 'usage', says: ['no prompt', 'last argument'] },
  { name: 'empty prompt', prompt: [' \n'], exit: 'usage', says: ['the prompt is empty'] },
  {
    name: 'a terminal on the host',
    whole: ['start', '--mode', 'interactive', '--isolation', 'host', '--no-repo', 'work'],
    exit: 'usage',
    says: ['--mode interactive', '--isolation host', 'container'],
  },
  {
    name: 'a terminal for an agent without a screen',
    args: ['--mode', 'interactive', '--agent', 'mine'],
    config: '[providers.mine]\ncommand = ["/bin/cat"]\n',
    exit: 'usage',
    says: ['cannot run mine on a terminal', 'codex, claude, gemini, opencode'],
  },
  {
    name: 'a prompt that is too long for a terminal',
    args: ['--mode', 'interactive'],
    prompt: ['x'.repeat(100_001)],
    exit: 'usage',
    says: ['100001 bytes', '100000', 'file of the repository'],
  },
  { name: 'empty prompt by stdin', prompt: ['-'], exit: 'usage', says: ['the prompt is empty'] },
  {
    name: '-it without a terminal',
    whole: ['run', '-it', '--no-repo'],
    exit: 'usage',
    says: ['run -it: standard input and output are no terminal', 'berth start --mode interactive'],
  },
  {
    name: 'attach without a terminal',
    whole: ['attach', 't-zzzz'],
    exit: 'usage',
    says: ['attach:', 'are no terminal'],
  },
  {
    name: '-it with another mode',
    whole: ['run', '-it', '--mode', 'review', '--no-repo'],
    exit: 'usage',
    says: ['--mode review'],
  },
  {
    name: 'detach keys that are none',
    whole: ['attach', '--detach-keys', 'ctrl-1', 't-zzzz'],
    exit: 'usage',
    says: ['--detach-keys: "ctrl-1" is no key', 'Write --detach-keys ctrl-p,ctrl-q'],
  },
  {
    name: 'detach keys of a task that are none',
    args: ['--detach-keys', 'pq'],
    exit: 'usage',
    says: ['--detach-keys: "pq" is no key', 'Write --detach-keys ctrl-p,ctrl-q'],
  },
  {
    name: 'a manifest with an unknown key',
    whole: ['session', 'validate', '-f', manifest],
    exit: 'usage',
    says: [/sessions\.yaml:6: session 1 \(a\): unknown key "memroy" \(did you mean memory\?\)/],
  },
  {
    name: 'a manifest that is not there',
    whole: ['session', 'validate', '-f', 'no-such.toml'],
    exit: 'usage',
    says: ['no-such.toml: there is no such file'],
  },
  { name: 'unknown id', whole: ['status', 't-zzzz'], exit: 'usage', says: ['t-zzzz', 'no such task', 'berth ls -a'] },
  { name: 'what can be no id', whole: ['log', '../x'], exit: 'usage', says: ['../x'] },
  { name: '--timeout syntax', whole: ['wait', 't-zzzz', '--timeout', '5'], exit: 'usage', says: ['--timeout', '5'] },
  { name: '--limit syntax', whole: ['ls', '--limit', 'x'], exit: 'usage', says: ['--limit x', 'count'] },
  {
    name: '--state that is none',
    whole: ['ls', '--state', 'finished'],
    exit: 'usage',
    says: ['--state finished', 'failed'],
  },
  { name: 'a negative limit', args: ['--pids', '-5'], exit: 'usage', says: ['--pids', '-5'] },
  { name: 'a negative size', args: ['--memory', '-1g'], exit: 'usage', says: ['--memory', '-1g'] },
  { name: 'an absurd number of CPUs', args: ['--cpus', '100000'], exit: 'usage', says: ['--cpus', '1024'] },
  { name: 'a negative time', args: ['--turn-timeout', '-5m'], exit: 'usage', says: ['--turn-timeout', '-5m'] },
  {
    name: 'a selector that matches nothing',
    whole: ['stop', '--label', 'batch=none'],
    exit: 'usage',
    says: ['--label batch=none: no such task'],
  },
  { name: '--tail syntax', whole: ['log', 't-zzzz', '--tail', 'x'], exit: 'usage', says: ['--tail x', 'count'] },
]

const command = ({ whole, args = [], prompt = ['work'] }: Case) =>
  whole ?? [
    'start',
    ...(args.includes('--engine') ? [] : ['--engine', engine.flag]),
    '--base-url',
    model.url,
    ...args,
    ...prompt,
  ]

describe('bad input: one clear error, nothing created', () => {
  test.each(CASES)('$name', async (one) => {
    const file = join(b.home, 'config.toml')
    if (one.config !== undefined) writeFileSync(file, one.config)
    const ran = await b.run(command(one), one.env === undefined ? {} : { env: one.env })
    rmSync(file, { force: true })
    expectError(ran, one)
    expect(folders(b.home)).toEqual([])
    if (one.never !== undefined) expect(readFileSync(join(b.home, 'supervisor.log'), 'utf8')).not.toContain(one.never)
  })

  test('unauthorized repository, unknown ref', async () => {
    const start = (...args: string[]) =>
      b.run(['start', '--engine', engine.flag, '--base-url', model.url, ...args, 'work'])
    expectError(await start(...at(guarded.url)), { exit: 'auth', says: [guarded.url, 'git ls-remote'] })
    expectError(await start('--repo', remote.url, '--branch', 'mian'), {
      exit: 'usage',
      says: ['mian', 'nearest: main', remote.url],
    })
    expectError(await start('--repo', remote.url, '--ref', 'v9'), { exit: 'usage', says: ['v9', remote.url] })
    expect(await made(b)).toEqual({ list: [], folders: [] })
  })

  test('an ssh key that nobody can use', async () => {
    using folder = temporaryFolder()
    const ssh = await startSshRemote()
    try {
      const begin = ['start', '--engine', engine.flag, '--agent', 'noop', '--repo', ssh.url, '--ssh-key']
      const env = { ...ssh.callerEnv, SSH_AUTH_SOCK: '' }
      const start = (path: string) => b.run([...begin, path, 'work'], { env })
      const locked = sshKey(folder.path, { passphrase: 'word' }).path
      expectError(await start(locked), { exit: 'auth', says: [`${locked} has a passphrase`, `ssh-add ${locked}`] })
      expectError(await start('/nowhere/key'), {
        exit: 'auth',
        says: ['--ssh-key: /nowhere/key: there is no such file'],
      })
      const open = sshKey(folder.path).path
      chmodSync(open, 0o644)
      expectError(await start(open), { exit: 'auth', says: ['is open to other users (mode 644)', `chmod 600 ${open}`] })
    } finally {
      await ssh.close()
    }
    expect(await made(b)).toEqual({ list: [], folders: [] })
  })

  test('a manifest with a session that cannot run, which keeps the others from starting', async () => {
    const path = place.at('row.toml')
    const start = async (lines: string) => {
      const defaults = `engine = "${engine.flag}"\nagent = "noop"\nrepo = "${remote.url}"\nbranch = "main"\nprompt = "p"\n`
      writeFileSync(path, `[defaults]\n${defaults}[[sessions]]\nid = "good"\n[[sessions]]\nid = "bad"\n${lines}\n`)
      return await b.run(['session', 'start', '-f', path])
    }
    const says = (...words: readonly string[]) => ({ exit: 'usage' as const, says: ['session 2 (bad): ', ...words] })
    expectError(await start('branch = "mian"'), says('mian', 'nearest: main'))
    expectError(await start('output-schema = { tpye = "object" }'), says('unknown keyword: "tpye"'))
    expectError(await start(`workspace = "${place.path}"`), says('it is not empty'))
    expect(await made(b)).toEqual({ list: [], folders: [] })
  })

  test('signatures that nobody could make', async () => {
    const sign = (signing: string) =>
      b.run(['start', '--engine', engine.flag, '--agent', 'noop', ...at(remote.url), '--sign', signing, 'work'])
    const missing = ['--sign ssh', 'file:/nowhere/key cannot be read: ENOENT']
    expectError(await sign('ssh:/nowhere/key'), { exit: 'auth', says: missing })
    expectError(await sign('api'), { exit: 'auth', says: ['--sign api: Berth has no App at the forge', 'app-id'] })
    const unknown = ['gpg could not sign with the key 0123456789ABCDEF', 'gpg --list-secret-keys']
    expectError(await sign('gpg:0123456789ABCDEF'), { exit: 'auth', says: unknown })
    expect(await made(b)).toEqual({ list: [], folders: [] })
  })

  test('a file of authorities that is gone, for a task with a repository', async () => {
    const file = join(b.home, 'config.toml')
    writeFileSync(file, 'ca-file = "/nowhere/ca.pem"')
    const ran = await b.run(['start', '--engine', engine.flag, '--agent', 'noop', ...at(remote.url), 'work'])
    rmSync(file)
    expectError(ran, {
      exit: 'usage',
      says: ['ca-file: /nowhere/ca.pem is no file of certificates', 'config set ca-file'],
    })
  })

  test('none of them is in the list', async () => {
    expect(await made(b)).toEqual({ list: [], folders: [] })
  })

  test('with --json the error is one object on stderr', async () => {
    const ran = await b.run(['run', '--json', '--engine', 'dokcer', 'work'])
    expect(ran).toMatchObject({ code: EXIT.usage, stdout: '' })
    expect(JSON.parse(ran.stderr)).toMatchObject({
      error: {
        code: 'unknown-engine',
        exit: EXIT.usage,
        message: expect.stringContaining('dokcer'),
        hint: expect.any(String),
      },
    })
  })

  test('berth alone prints its help', async () => {
    const ran = await b.run([])
    expect(ran).toMatchObject({ code: EXIT.usage, stdout: '' })
    expect(ran.stderr).toContain('Exit codes:')
  })

  test('a toolbox without the agent CLI', async () => {
    const stamp = JSON.parse(readFileSync(join(import.meta.dirname, '../../dist/build.json'), 'utf8')) as {
      toolbox: string
    }
    const folder = place.at(`install/toolbox/${stamp.toolbox}`)
    mkdirSync(folder, { recursive: true })
    writeFileSync(
      join(folder, 'manifest.json'),
      JSON.stringify({ hash: stamp.toolbox, node: '24', git: '2', npm: '', worker: '', agents: {} }),
    )
    const own = berth({ env: { BERTH_INSTALL_DIR: place.at('install') } })
    try {
      expectError(await own.run(['start', '--engine', engine.flag, '--base-url', model.url, 'work']), {
        exit: 'engine',
        says: ['OpenAI Codex', 'berth setup'],
      })
      rmSync(folder, { recursive: true })
      expect(await made(own)).toEqual({ list: [], folders: [] })
    } finally {
      await own.close()
    }
  })
})

describe('bad input about tasks that are there', () => {
  let ids: string[]
  beforeAll(async () => {
    const start = (...args: string[]) => b.run(['start', '--engine', engine.flag, '--agent', 'noop', ...args])
    ids = [(await start('--name', 'taken', 'work')).stdout.trim(), (await start('work')).stdout.trim()]
    await b.run(['wait', ...ids])
  })

  test('name in use, an ambiguous beginning, verbs that do not fit', async () => {
    const before = await made(b)
    expect(before.list.length).toBe(2)
    const [first = '', second = ''] = ids
    expectError(await b.run(['start', '--engine', engine.flag, '--agent', 'noop', '--name', 'taken', 'work']), {
      exit: 'usage',
      says: ['--name taken', first, 'berth rm'],
    })
    let shared = 0
    while (first[shared] === second[shared]) shared += 1
    expectError(await b.run(['status', first.slice(0, shared)]), {
      exit: 'usage',
      says: [first, second, 'more letters'],
    })
    expectError(await b.run(['push', first]), { exit: 'usage', says: [first, 'no repository'] })
    expectError(await b.run(['diff', 't-nothing']), { exit: 'usage', says: ['t-nothing'] })
    expect(await made(b)).toEqual(before)
  })

  test('two tasks must have containers of their own names, and a --container-name that is taken must be refused', async () => {
    const start = (...args: string[]) =>
      b.run(['start', '--engine', engine.flag, '--agent', 'noop', '--keep-alive', '5m', ...args, 'work'])
    const named = (await start('--container-name', 'of-its-own')).stdout.trim()
    const other = (await start()).stdout.trim()
    await b.run(['wait', named, other])
    const containers = await Promise.all(
      [named, other].map((id) => engineAt(engine.kind, engine.endpoint).list({ [LABEL.task]: id })),
    )
    const names = containers.flat().map(({ name }) => name)
    expect(names.map((name) => [named, other].find((id) => name.includes(id)))).toEqual([named, other])
    expect((await b.status('of-its-own')).id).toBe(named)
    expectError(await start('--container-name', 'of-its-own'), { exit: 'usage', says: ['--name of-its-own', named] })
    expect(await b.run(['rm', '--force', named, other])).toMatchObject({ code: 0 })
    // The name is free again.
    const again = await start('--container-name', 'of-its-own')
    expect(again.code).toBe(0)
    expect(await b.run(['rm', '--force', again.stdout.trim()])).toMatchObject({ code: 0 })
  })

  test('push of a task without commits, rm of one that runs', async () => {
    model.load({ steps: [{ hang: 'head' }] })
    const start = (...args: string[]) =>
      b.run(['start', '--engine', engine.flag, '--base-url', model.url, ...at(remote.url), ...args, 'work'])
    const empty = (await start('--agent', 'noop')).stdout.trim()
    await b.run(['wait', empty])
    expectError(await b.run(['push', empty]), { exit: 'usage', says: [empty, 'no commit'] })
    const running = (await start()).stdout.trim()
    await b.until(running, (event) => event.type === 'container.started')
    expectError(await b.run(['push', running]), { exit: 'usage', says: [running, 'running'] })
    for (const verb of ['archive', 'resume', 'fork'])
      expectError(await b.run([verb, running]), {
        exit: 'usage',
        says: [`${running} is running: ${verb} is not possible now; possible: send, `],
      })
    expectError(await b.run(['exec', empty, '--', 'true']), { exit: 'usage', says: [empty, 'no live container'] })
    expectError(await b.run(['rm', running]), { exit: 'usage', says: [running, 'running', '--force'] })
    expect(await b.status(running)).toMatchObject({ state: 'running' })
    expectError(await b.run(['wait', running, '--timeout', '100ms']), {
      exit: 'timeout',
      says: [running, '100ms', 'berth log -f'],
    })
    expect((await b.run(['rm', '--force', running])).code).toBe(0)
  })
})

const isRoot = process.getuid?.() === 0
/** No Podman of this user's own: `doctor` would start one, which leaves a process and files behind. */
const NOBODY = { uid: 65534, gid: 65534, env: { CONTAINER_HOST: 'unix:///nonexistent/podman.sock' } }

describe.runIf(isRoot)('folders and sockets that are not for this user', () => {
  test('a socket without permission, as an ordinary user', async () => {
    const nobody = berth(NOBODY)
    try {
      const ran = await nobody.run(['start', '--engine', 'docker', '--base-url', model.url, 'work'], {
        env: { DOCKER_HOST: `unix://${closed}` },
      })
      expectError(ran, { exit: 'engine', says: [closed, 'may not use the socket', 'usermod -aG docker'] })
      expect(await made(nobody)).toEqual({ list: [], folders: [] })
    } finally {
      await nobody.close()
    }
  })

  test('a state folder that may not be written', async () => {
    const nobody = berth(NOBODY)
    const home = join(nobody.folder, 'locked')
    mkdirSync(home, { mode: 0o755 })
    try {
      const ran = await nobody.run(['start', '--engine', 'docker', '--base-url', model.url, 'work'], {
        env: { BERTH_HOME: home },
      })
      expectError(ran, { exit: 'internal', says: [home, 'cannot write', 'BERTH_HOME'] })
      expect(readdirSync(home)).toEqual([])
    } finally {
      await nobody.close()
    }
  })

  test('a full disk: before the supervisor, and under it', async () => {
    const own = berth()
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', own.home])
    const start = () => own.run(['start', '--engine', engine.flag, '--agent', 'noop', 'work'])
    const fill = () => {
      const { bavail, bsize } = statfsSync(own.home)
      writeFileSync(join(own.home, 'ballast'), Buffer.alloc(bavail * bsize))
    }
    try {
      fill()
      expectError(await start(), { exit: 'internal', says: [/no space|disk is full/, 'Free some disk space'] })
      rmSync(join(own.home, 'ballast'))
      await own.run(['ls'])
      fill()
      expectError(await start(), {
        exit: 'internal',
        says: [/0 MiB of disk space are left|no space/, 'Free some disk space'],
      })
      expect(await made(own)).toEqual({ list: [], folders: [] })
    } finally {
      rmSync(join(own.home, 'ballast'), { force: true })
      const pid = await own.supervisor()
      const { tasks } = await own.json<{ tasks: { id: string }[] }>(['ls', '-a'])
      if (tasks.length > 0) await own.run(['rm', '--force', ...tasks.map(({ id }) => id)])
      if (pid !== null) process.kill(pid, 'SIGTERM')
      execFileSync('umount', ['--lazy', own.home])
      await own.close()
    }
  })
})
