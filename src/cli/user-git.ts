import { spawn } from 'node:child_process'
import { BerthError } from '../domain/errors.ts'
import type { Context } from './context.ts'
import { gitEnv, isolatedGitEnv } from './git-env.ts'

type Ended = { readonly code: number; readonly stdout: Buffer; readonly words: string }
type Options = { readonly input?: Buffer }

export type UserGit = {
  readonly folder: string
  /** Resolves however git ends. */
  attempt(args: readonly string[], options?: Options): Promise<Ended>
  /** Git's stdout; where git refuses it is an error with git's own words. */
  run(args: readonly string[], options?: Options): Promise<Buffer>
}

/**
 * No hook or monitor: what an agent wrote shall not run before anybody has looked at it. The rest is what the commands
 * of `apply` and `checkout` depend on. Who commits, signatures, and the form of files in the work tree (line endings,
 * filters) stay the user's.
 */
const FIXED = [
  'core.hooksPath=/dev/null',
  'core.fsmonitor=false',
  'core.protectHFS=true',
  'core.protectNTFS=true',
  'core.safecrlf=false',
  'core.quotePath=false',
  'submodule.recurse=false',
  'protocol.file.allow=always',
  'color.ui=false',
  'apply.whitespace=nowarn',
  'apply.ignoreWhitespace=no',
  'diff.noprefix=false',
  'diff.mnemonicPrefix=false',
  'diff.renames=true',
  'merge.conflictStyle=merge',
  'merge.renames=true',
  'merge.directoryRenames=false',
  'pull.twohead=ort',
  'rerere.enabled=false',
  'commit.cleanup=verbatim',
  'i18n.commitEncoding=UTF-8',
].flatMap((one) => ['-c', one])

const wordsOf = (code: number | null, stderr: Buffer, stdout: Buffer): string => {
  const said = stderr.toString().trim() || stdout.toString().trim() || `exit code ${code}`
  return said.split('\n').slice(0, 10).join('; ')
}

const gitIn = (folder: string, env: Readonly<Record<string, string>>, fixed: readonly string[]): UserGit => {
  const attempt: UserGit['attempt'] = (args, { input } = {}) =>
    new Promise((resolve, reject) => {
      // A signature may ask for its passphrase on the terminal.
      const stdin = input === undefined ? 'inherit' : 'pipe'
      const child = spawn('git', [...fixed, ...args], { cwd: folder, env: { ...env }, stdio: [stdin, 'pipe', 'pipe'] })
      const out: Buffer[] = []
      const err: Buffer[] = []
      child.stdout?.on('data', (piece: Buffer) => out.push(piece))
      child.stderr?.on('data', (piece: Buffer) => err.push(piece))
      child.stdin?.on('error', () => {}).end(input)
      child.once('error', (error) =>
        reject(new BerthError('git-missing', `git could not be started: ${error.message}`, { cause: error })),
      )
      child.once('close', (code) => {
        const [stdout, stderr] = [Buffer.concat(out), Buffer.concat(err)]
        resolve({ code: code ?? 1, stdout, words: wordsOf(code, stderr, stdout) })
      })
    })
  return {
    folder,
    attempt,
    async run(args, options) {
      const { code, stdout, words } = await attempt(args, options)
      if (code !== 0) throw new BerthError('git-refused', `git ${args[0]} in ${folder}: ${words}`)
      return stdout
    },
  }
}

/** Git in a repository of Berth's own, without the user's configuration. */
export const workGit = (context: Context, repository: string): UserGit =>
  gitIn('/', { ...isolatedGitEnv(context.env), GIT_DIR: repository }, [])

/** Git on the files of a folder that need not be of a repository: by an empty repository elsewhere. */
export const folderGit = (context: Context, folder: string, repository: string): UserGit =>
  gitIn(folder, { ...isolatedGitEnv(context.env), GIT_DIR: repository, GIT_WORK_TREE: folder }, FIXED)

/** The user's own git, with the user's own configuration, in the checkout that the current folder belongs to. */
export const userGit = async (context: Context): Promise<UserGit> => {
  const env = gitEnv(context.env)
  const here = gitIn(context.cwd, env, FIXED)
  const { code, stdout, words } = await here.attempt(['rev-parse', '--show-toplevel'])
  if (code !== 0)
    throw new BerthError('bad-repository', `${context.cwd} is not in a checkout of a git repository: ${words}`, {
      hint: 'Run the command in the checkout that the work is for.',
    })
  return gitIn(stdout.toString().replace(/\n$/, ''), env, FIXED)
}
