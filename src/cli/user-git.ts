import { spawn } from 'node:child_process'
import { dirname } from 'node:path'
import { BerthError } from '../domain/errors.ts'
import type { Context } from './context.ts'

type Ended = { readonly code: number; readonly stdout: Buffer; readonly words: string }
type Options = { readonly input?: Buffer }

export type UserGit = {
  readonly folder: string
  /** Resolves however git ends. */
  attempt(args: readonly string[], options?: Options): Promise<Ended>
  /** Git's stdout; where git refuses it is an error with git's own words. */
  run(args: readonly string[], options?: Options): Promise<Buffer>
}

/** No hook: what an agent wrote shall not run before anybody has looked at it. */
const SAFE = ['core.hooksPath=/dev/null', 'submodule.recurse=false', 'protocol.file.allow=always'].flatMap((one) => [
  '-c',
  one,
])

const wordsOf = (code: number | null, stderr: Buffer, stdout: Buffer): string => {
  const said = stderr.toString().trim() || stdout.toString().trim() || `exit code ${code}`
  return said.split('\n').slice(0, 10).join('; ')
}

const gitIn = (folder: string, env: Context['env']): UserGit => {
  const attempt: UserGit['attempt'] = (args, { input } = {}) =>
    new Promise((resolve, reject) => {
      // A signature may ask for its passphrase on the terminal.
      const stdin = input === undefined ? 'inherit' : 'pipe'
      const child = spawn('git', [...SAFE, ...args], { cwd: folder, env: { ...env }, stdio: [stdin, 'pipe', 'pipe'] })
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

/** The user's own git in the current folder, which need not be of a repository. */
export const folderGit = (context: Context): UserGit =>
  gitIn(context.cwd, { ...context.env, GIT_CEILING_DIRECTORIES: dirname(context.cwd) })

/** The user's own git, with the user's own configuration, in the checkout that the current folder belongs to. */
export const userGit = async (context: Context): Promise<UserGit> => {
  const here = gitIn(context.cwd, context.env)
  const { code, stdout, words } = await here.attempt(['rev-parse', '--show-toplevel'])
  if (code !== 0)
    throw new BerthError('bad-repository', `${context.cwd} is no checkout of a git repository: ${words}`, {
      hint: 'Run it in the checkout that shall get the work.',
    })
  return gitIn(stdout.toString().replace(/\n$/, ''), context.env)
}
