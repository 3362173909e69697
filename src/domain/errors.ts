/**
 * Every error a user can meet, in one table: exit code of the CLI, status of the API, whether trying again may help,
 * and what to do. docs/troubleshooting.md has a section for each code; a test compares the two.
 */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  stopped: 3,
  died: 4,
  engine: 5,
  auth: 6,
  push: 7,
  timeout: 8,
  detached: 9,
  internal: 70,
} as const

export type ExitName = keyof typeof EXIT

type Row = { readonly exit: ExitName; readonly http: number; readonly retry: boolean; readonly hint: string }
const row = (exit: ExitName, http: number, retry: boolean, hint: string): Row => ({ exit, http, retry, hint })

export const ERRORS = {
  usage: row('usage', 400, false, 'Run the command with --help to see what it takes.'),
  'bad-request': row('usage', 400, false, 'Correct the named field and send it again.'),
  'too-large': row(
    'usage',
    413,
    false,
    'Send less. Put a long text into a file of the repository, or mount it with --volume.',
  ),
  'config-invalid': row(
    'usage',
    400,
    false,
    'Correct the named line. `berth config show --origin` lists the settings in force.',
  ),
  'manifest-invalid': row(
    'usage',
    400,
    false,
    'Correct the named line. `berth session validate -f FILE` names every mistake of a manifest.',
  ),
  'manifest-changed': row(
    'usage',
    409,
    false,
    'Give the changed session another id, or remove its task with `berth rm ID`. `--only ID` starts the other sessions.',
  ),
  'unknown-provider': row('usage', 400, false, 'Name one of the known agents with --agent.'),
  'policy-unfit': row('usage', 400, false, 'Use --policy open: it gives the task the network of the engine.'),
  'unknown-engine': row('usage', 400, false, 'Use --engine docker or --engine podman.'),
  'empty-prompt': row('usage', 400, false, 'Give the prompt as the last argument, or `-` to read it from stdin.'),
  'bad-volume': row('usage', 400, false, 'Write --volume HOST:CONTAINER or HOST:CONTAINER:ro with absolute paths.'),
  'mount-not-allowed': row(
    'usage',
    403,
    false,
    'Mount a folder beneath one of the allowed ones, or add one to mount-roots in the config file.',
  ),
  'bad-output': row(
    'usage',
    400,
    false,
    'Name a folder that you may write to, outside the state folder of Berth; Berth makes what is missing of it.',
  ),
  'repository-not-allowed': row(
    'usage',
    403,
    false,
    'Name an allowed repository, or add this one to allowed-repositories in the config file.',
  ),
  'host-not-allowed': row(
    'usage',
    403,
    false,
    'Leave the rule out, or add the host to allowed-hosts in the config file.',
  ),
  'env-not-allowed': row(
    'usage',
    403,
    false,
    'Leave the variable out, give it a value (--env NAME=VALUE), or add its name to env-allow in the config file (`berth config set env-allow NAME ...`).',
  ),
  'bad-profile': row(
    'usage',
    400,
    false,
    'Name a profile or label that the engine can apply, or leave the flag out: the policy then has its own.',
  ),
  'bad-env': row('usage', 400, false, 'Write --env NAME=VALUE, or --env NAME to pass the variable of this shell.'),
  'bad-schema': row('usage', 400, false, 'Give a file with a JSON Schema of draft 2020-12 or 07, at most 64 KiB.'),
  'bad-file': row('usage', 400, false, 'Name regular files that you may read, at most 32 MiB together.'),
  'bad-repository': row('usage', 400, false, 'Give an https, ssh or file URL, owner/name, or a local folder.'),
  'bad-ref': row('usage', 400, false, 'Give the name of a branch, a tag or a commit.'),
  'url-with-password': row(
    'usage',
    400,
    false,
    'Remove the password from the URL. Berth uses your git credential helper or ssh key, as git does.',
  ),
  'ref-not-found': row('usage', 404, false, 'List the branches and tags of the remote with `git ls-remote URL`.'),
  'name-in-use': row('usage', 409, false, 'Choose another --name, or remove the other task with `berth rm`.'),
  'workspace-in-use': row(
    'usage',
    409,
    false,
    'Name another folder, or an empty one. With --reuse-existing Berth takes the folder of an ended task on the same repository.',
  ),
  'not-found': row('usage', 404, false, 'List the tasks with `berth ls -a`.'),
  ambiguous: row('usage', 409, false, 'Give more letters of the id.'),
  'not-allowed': row('usage', 409, false, 'See the state of the task with `berth status ID`.'),
  'time-used-up': row(
    'usage',
    409,
    false,
    'Start a new task from its branch (--branch), with a longer --task-timeout.',
  ),
  'repository-unreachable': row(
    'auth',
    502,
    true,
    'Try `git ls-remote URL` in this shell: Berth uses the same credentials.',
  ),
  'repository-unreadable': row(
    'failed',
    422,
    false,
    'Check the repository with `git fsck --full`. Your credentials are not the cause.',
  ),
  'repository-archived': row(
    'usage',
    409,
    false,
    'Unarchive it in the settings of the repository, or work without a push: --push none.',
  ),
  'forge-unreachable': row(
    'engine',
    502,
    true,
    "Check the network, the proxy and github.api-url in the config file. The forge's status page may say more.",
  ),
  'forge-rate-limit': row('engine', 429, true, 'Wait until the time in the message, then try again.'),
  'forge-refused': row('failed', 422, false, "The message has the forge's own words. Correct what they name."),
  'forge-denied': row(
    'auth',
    403,
    false,
    'Check what the App, or the token of github.token, may do: it must reach this repository, and read and write its contents.',
  ),
  'app-key': row(
    'auth',
    401,
    false,
    "Make a new private key on the App's page, and name its file: `berth config set github.private-key /PATH`.",
  ),
  'app-unknown': row(
    'auth',
    401,
    false,
    "Compare github.app-id with the App's page, and check that the private key is one of this App.",
  ),
  'app-clock': row(
    'auth',
    401,
    true,
    "Set this machine's clock: `timedatectl set-ntp true`, or ask who runs the machine.",
  ),
  'app-not-installed': row(
    'auth',
    404,
    false,
    "Install the App on the account that owns the repository, and let it reach this repository: the App's page, Install App.",
  ),
  'app-suspended': row(
    'auth',
    403,
    false,
    'Ask an owner of the account to unsuspend the App: the settings of the account, GitHub Apps.',
  ),
  'app-permission': row(
    'auth',
    403,
    false,
    "Give the App this permission on its page, and let an owner of the account accept it. docs/github.md lists the App's permissions.",
  ),
  'network-unreachable': row(
    'engine',
    502,
    true,
    'Check the network, the proxy and `npm config get registry`. Then run `berth setup` again: it keeps what is done.',
  ),
  'proxy-refused': row(
    'engine',
    502,
    true,
    'Check the proxy of your network and its login: HTTPS_PROXY and NO_PROXY in your shell, or https-proxy and no-proxy in the config file.',
  ),
  'git-missing': row('engine', 503, false, 'Install git (on Debian: `apt-get install git`).'),
  'engine-missing': row(
    'engine',
    503,
    false,
    'Install Docker or Podman (as root on Debian, `berth setup --install-engine` does it), or name an engine with --engine. --isolation host needs no engine, but gives no sandbox.',
  ),
  'engine-down': row(
    'engine',
    503,
    true,
    'Start the engine: `systemctl start docker`, or `podman system service --time=0`.',
  ),
  'engine-permission': row(
    'engine',
    503,
    false,
    'Add yourself to the group of the socket (`usermod -aG docker $USER`, then log in again), or use rootless Podman.',
  ),
  'engine-elsewhere': row(
    'engine',
    400,
    false,
    'Berth mounts folders of this machine into containers. Use an engine that runs here, by its socket or a local TCP port.',
  ),
  'engine-timeout': row('engine', 504, true, 'The engine did not answer in time. Its own log may say why.'),
  'engine-error': row('engine', 502, true, 'The engine refused the request. The message has its answer.'),
  'bad-image': row('usage', 400, false, 'Write the image as NAME[:TAG] or NAME@DIGEST, in lower case.'),
  'image-missing': row('engine', 404, false, 'Build the default image with `berth setup`, or pull the named one.'),
  'image-denied': row(
    'engine',
    403,
    false,
    'Log in to that registry with `docker login HOST` or `podman login HOST`, then try again.',
  ),
  'image-unfit': row(
    'engine',
    422,
    false,
    'Use a Linux image of this architecture that has /bin/sh and, in /etc/passwd, the user that its USER names.',
  ),
  'unknown-runtime': row(
    'usage',
    400,
    false,
    'Name a runtime that the engine knows, or leave --runtime out. The configuration of the engine says which ones it has.',
  ),
  'no-gpu-runtime': row(
    'engine',
    422,
    false,
    "Install the container toolkit of the GPU's vendor, or leave --gpus out. `berth run --dry-run` prints the command line all the same.",
  ),
  'toolbox-missing': row('engine', 503, false, 'Run `berth setup`: it builds the toolbox with the agent CLIs.'),
  'agent-missing': row('engine', 503, false, 'Run `berth setup`: it fetches the agent CLIs.'),
  'no-credentials': row('auth', 401, false, 'Set the named variable in this shell.'),
  'cannot-sign': row(
    'auth',
    400,
    false,
    'Give --sign a key that works without a question: ssh:/PATH, gpg:KEYID, or api for an App of GitHub.',
  ),
  'bad-ssh-key': row(
    'auth',
    400,
    false,
    'Give --ssh-key the path of a private key that only you can read, or leave it out.',
  ),
  'ssh-key-locked': row('auth', 401, false, 'Unlock the key with `ssh-add PATH`, or give a key without a passphrase.'),
  'no-login': row(
    'auth',
    404,
    false,
    'List the logins with `berth auth status`; `berth auth login PROVIDER` makes one.',
  ),
  'login-failed': row('auth', 422, false, 'Log in again with `berth auth login PROVIDER`. The message has the reason.'),
  'state-not-writable': row(
    'internal',
    500,
    false,
    'Make the folder writable, or name another folder with BERTH_HOME.',
  ),
  'corrupt-record': row(
    'internal',
    500,
    false,
    'The named file is damaged; no other task is affected. Move the file away, or remove the task with `berth rm --force`.',
  ),
  'state-newer': row('internal', 500, false, 'Upgrade Berth, or name another folder with BERTH_HOME.'),
  'illegal-transition': row('internal', 500, false, 'This is a bug in Berth. The log of the supervisor has more.'),
  'disk-full': row('internal', 507, true, 'Free some disk space. `berth prune` frees the space of finished tasks.'),
  'supervisor-unreachable': row(
    'internal',
    503,
    true,
    'Read supervisor.log in the state folder. `berth doctor` checks the installation.',
  ),
  'dirty-tree': row('usage', 409, false, 'Commit or stash these files first.'),
  'work-conflicts': row(
    'failed',
    409,
    false,
    'Resolve the marked files and `git add` them. `git checkout HEAD -- FILE` restores one file.',
  ),
  'work-refused': row(
    'failed',
    422,
    false,
    'The message has the reason. The work is still in the workspace: look at it there, or tell the agent with `berth send ID`.',
  ),
  'git-refused': row('failed', 409, false, 'Your own git printed this message, in your own checkout.'),
  'push-failed': row('push', 502, true, 'Berth keeps the work. Fix the cause, then run `berth push ID`.'),
  'pr-failed': row('push', 502, true, 'The work is pushed. Fix the cause, then run `berth pr ID`.'),
  'port-in-use': row(
    'usage',
    409,
    false,
    'Name another port of this machine, as PORT:HOSTPORT. PORT:0 takes a free one.',
  ),
  'port-unreachable': row(
    'failed',
    502,
    true,
    'Start the server in the sandbox, on 127.0.0.1 or on all addresses: `berth exec ID COMMAND` starts one.',
  ),
  'no-terminal': row(
    'usage',
    409,
    false,
    'Follow the task with `berth log -f ID`, or open a shell in its sandbox with `berth shell ID`.',
  ),
  'terminal-in-use': row(
    'usage',
    409,
    false,
    'Look on with `berth attach --read-only ID`, or take over with `berth attach --take ID`.',
  ),
  'no-recording': row(
    'usage',
    404,
    false,
    'Only interactive turns are recorded: `berth log --recordings ID` lists their recordings. `berth log ID` prints the transcript of any turn.',
  ),
  'no-result': row(
    'usage',
    404,
    false,
    "Ask for a result with --output-schema, and wait for the turn's end. `berth log ID` prints what the agent said.",
  ),
  'bad-detach-keys': row(
    'usage',
    400,
    false,
    'Write --detach-keys ctrl-p,ctrl-q, or other keys: letters, and ctrl- with one of a-z @ [ \\ ] ^ _.',
  ),
  timeout: row('timeout', 504, true, 'The task goes on. Wait again, or follow it with `berth log -f ID`.'),
  aborted: row('stopped', 499, false, 'The call ended because its signal was aborted. The task goes on.'),
  'client-closed': row('usage', 409, false, 'Open another client with `berth()`.'),
  internal: row('internal', 500, false, 'This is a bug in Berth. The log of the supervisor has more.'),
} as const satisfies Record<string, Row>

/**
 * What went wrong, as a program reads it; `docs/troubleshooting.md` has a section for each code.
 *
 * @example
 * ```ts
 * const passes: readonly ErrorCode[] = ['engine-down', 'engine-timeout', 'supervisor-unreachable']
 * ```
 */
export type ErrorCode = keyof typeof ERRORS

/**
 * An error for a user. The message names the attempt, the thing and the result; the hint says what to do.
 *
 * @example
 * ```ts
 * try {
 *   await using b = await berth()
 *   await b.launch({ repo: '.', agent: 'nobody', prompt: 'Hello.' })
 * } catch (error) {
 *   if (error instanceof BerthError) console.error(error.code, error.message, error.hint)
 * }
 * ```
 */
export class BerthError extends Error {
  readonly code: ErrorCode
  readonly hint: string

  constructor(code: ErrorCode, message: string, options: { cause?: unknown; hint?: string } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'BerthError'
    this.code = code
    this.hint = options.hint ?? ERRORS[code].hint
  }

  /** @internal */
  get row(): Row {
    return ERRORS[this.code]
  }
}
