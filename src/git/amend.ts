import { BerthError } from '../domain/errors.ts'
import { readAmended, writeAmended } from './amended-commits.ts'
import { withCoAuthors } from './co-author-trailers.ts'
import {
  authorOf,
  type CommitObject,
  messageText,
  readCommit,
  withCommitter,
  withoutSignature,
  withSignature,
  writeCommit,
} from './commit-object.ts'
import { commitsBetween } from './commits-between.ts'
import { type Exec, LIMIT, succeeded } from './exec.ts'
import type { ForgeSigner, Git } from './git.ts'
import { gitWords } from './git-words.ts'

const MOST = 5000
const BY_FORGE = 500

type Input = Parameters<Git['amend']>[0]
/** Makes one commit again, whose parents are made. */
type Make = (commit: CommitObject) => Promise<string>

const wrong = (what: string, words: string) => new BerthError('internal', `${what}: ${words}`)

const run = async (exec: Exec, input: Input, args: readonly string[], stdin: string | Buffer): Promise<Buffer> => {
  const options = { limitMs: LIMIT.local, stdin, ...(input.signal && { signal: input.signal }) }
  const result = await exec(args, options)
  if (succeeded(result)) return result.stdout
  throw wrong(
    `amended the commits of ${input.publish} (git ${args.find((one) => !one.startsWith('-'))})`,
    gitWords(result, LIMIT.local),
  )
}

/** What others have already: it stays as it is. */
const knownCommits = async (
  exec: Exec,
  input: Input,
  amended: ReadonlyMap<string, string>,
): Promise<readonly string[]> => {
  const format = '--format=%(objectname) %(refname)'
  const refs = (await run(exec, input, ['--git-dir', input.mirror, 'for-each-ref', format], '')).toString()
  const own = ` refs/heads/${input.ownBranch}`
  const others = refs
    .split('\n')
    .flatMap((row) => (row === '' || row.endsWith(own) ? [] : row.slice(0, row.indexOf(' '))))
  const base = input.base === '' ? [] : [input.base]
  return [...new Set([...base, ...input.known, ...amended.values(), ...others])]
}

/** Oldest first, each after its parents. */
const newCommits = async (
  exec: Exec,
  input: Input,
  amended: ReadonlyMap<string, string>,
): Promise<readonly string[]> => {
  const known = await knownCommits(exec, input, amended)
  const args = ['rev-list', '--topo-order', '--reverse', '--ignore-missing', '--stdin']
  const rows = [input.head, ...known.map((sha) => `^${sha}`), '']
  const listed = await run(exec, input, ['--git-dir', input.publish, ...args], rows.join('\n'))
  const found = listed.toString().split('\n').filter(Boolean)
  const most = input.signer?.kind === 'forge' ? BY_FORGE : MOST
  if (found.length > most)
    throw new BerthError(
      'cannot-sign',
      `the work has ${found.length} new commits, and Berth makes at most ${most} again`,
    )
  return found
}

/** By their names; without those that are not there. */
const readCommits = async (
  exec: Exec,
  input: Input,
  shas: readonly string[],
): Promise<ReadonlyMap<string, CommitObject>> => {
  const found = new Map<string, CommitObject>()
  const rows = shas.map((sha) => `${sha}\n`).join('')
  const bytes = await run(exec, input, ['--git-dir', input.publish, 'cat-file', '--batch'], rows)
  let at = 0
  while (at < bytes.length) {
    const end = bytes.indexOf(10, at)
    const [sha = '', type, size] = bytes.toString('latin1', at, end).split(' ')
    at = end + 1
    if (size === undefined) continue
    if (type === 'commit') found.set(sha, readCommit(bytes.subarray(at, at + Number(size))))
    at += Number(size) + 1
  }
  return found
}

const byHand =
  (exec: Exec, input: Input, sign: ((data: Buffer) => Promise<string>) | null): Make =>
  async (commit) => {
    const signature = sign === null ? null : await sign(writeCommit(commit))
    const whole = writeCommit(signature === null ? commit : withSignature(commit, signature))
    const args = [
      '-c',
      'core.fsync=loose-object',
      '--git-dir',
      input.publish,
      'hash-object',
      '-t',
      'commit',
      '-w',
      '--stdin',
    ]
    return (await run(exec, input, args, whole)).toString().trim()
  }

const byForge =
  (forge: ForgeSigner): Make =>
  async (commit) => {
    const message = messageText(commit)
    if (message === null)
      throw new BerthError('cannot-sign', 'the message of a commit is not UTF-8, and the forge takes no other')
    return await forge.make({ tree: commit.tree, parents: commit.parents, message })
  }

/** The commit as it shall be, but for its signature. */
const amendedCommit = (
  { coAuthors, committer, signer }: Input,
  commit: CommitObject,
  parents: readonly string[],
): CommitObject => {
  const plain = { ...withoutSignature(commit), parents }
  if (signer === null) return withCoAuthors(plain, coAuthors)
  if (signer.kind !== 'forge') return withCommitter(withCoAuthors(plain, coAuthors), committer)
  // The forge becomes the author, so the author is named beside it.
  const author = authorOf(commit)
  return withCoAuthors(plain, [...(author === null ? [] : [author]), ...coAuthors], null)
}

const isSame = (one: CommitObject, other: CommitObject): boolean => writeCommit(one).equals(writeCommit(other))

/** Made by us, and what makes up a commit is as it was asked for. */
const isMade = (commit: CommitObject | undefined, asked: CommitObject): boolean =>
  commit !== undefined && commit.tree === asked.tree && commit.parents.join() === asked.parents.join()

/** Makes all that must be made; `amended` has what became of each. */
const amendAll = async (
  exec: Exec,
  input: Input,
  make: Make,
  amended: Map<string, string>,
): Promise<ReadonlyMap<string, CommitObject>> => {
  const shas = await newCommits(exec, input, amended)
  const commits = await readCommits(exec, input, [...shas, ...shas.flatMap((sha) => amended.get(sha) ?? [])])
  const fresh = new Map<string, CommitObject>()
  for (const sha of shas) {
    const commit = commits.get(sha)
    if (commit === undefined) throw wrong(`amended the commits of ${input.publish}`, `${sha} is missing`)
    const asked = amendedCommit(
      input,
      commit,
      commit.parents.map((parent) => amended.get(parent) ?? parent),
    )
    if (isMade(commits.get(amended.get(sha) ?? ''), asked)) continue
    if (input.signer === null && isSame(withoutSignature(commit), asked)) {
      amended.delete(sha)
      continue
    }
    if (fresh.size === 0 && input.signer?.kind === 'forge') await input.signer.give(input.head)
    const made = await make(asked)
    amended.set(sha, made)
    fresh.set(made, asked)
  }
  return fresh
}

/** A forge gives back what it was asked for, and nothing else. */
const checkMade = async (exec: Exec, input: Input, fresh: ReadonlyMap<string, CommitObject>): Promise<void> => {
  const there = await readCommits(exec, input, [...fresh.keys()])
  for (const [sha, asked] of fresh)
    if (!isMade(there.get(sha), asked))
      throw new BerthError(
        'cannot-sign',
        `the forge made the commit ${sha.slice(0, 12)}, which is not the one it was asked for`,
      )
}

/** Makes commits again as plain objects: git itself would read configuration and run hooks. */
export const amend = async (
  exec: Exec,
  input: Input,
  sign: ((data: Buffer) => Promise<string>) | null,
): ReturnType<Git['amend']> => {
  const { publish, base, signer, signal } = input
  const amended = new Map(await readAmended(publish))
  const make = signer?.kind === 'forge' ? byForge(signer) : byHand(exec, input, sign)
  const fresh = await amendAll(exec, input, make, amended)
  const head = amended.get(input.head) ?? input.head
  if (fresh.size > 0) {
    if (signer?.kind === 'forge') await signer.bring(head)
    await checkMade(exec, input, fresh)
    await writeAmended(publish, amended)
  }
  const between = await commitsBetween(exec, publish, base, head, signal)
  if (typeof between === 'string') throw wrong(`read the amended commits of ${publish}`, between)
  return { head, commits: between.commits }
}
