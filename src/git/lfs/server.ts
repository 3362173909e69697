import type { CallerEnv, OnToken } from '../git.ts'

/** Where a repository's LFS API is, and what opens it. */
export type LfsServer = {
  /** Its folder, like https://host/owner/name.git/info/lfs. */
  readonly url: string
  /** Sent with each request to it, and nowhere else. */
  readonly headers: Readonly<Record<string, string>>
  /** For a server that asks who it is: a value of `Authorization`; undefined: there are no credentials for it. */
  readonly authorize: () => Promise<string | undefined>
  /** The credentials are Berth's own. */
  readonly own: boolean
}

export type LfsOperation = 'download' | 'upload'

/** Who asks for a repository's server. */
export type ServerCall = {
  readonly url: string
  readonly callerEnv: CallerEnv
  readonly onToken?: OnToken | undefined
  readonly sshKey?: string | undefined
  readonly signal?: AbortSignal | undefined
}

/** The server of a repository for one operation. Rejects with LfsProblem. */
export type FindServer = (operation: LfsOperation, call: ServerCall) => Promise<LfsServer>

/** As git-lfs has it for a remote by http. */
export const apiUrl = (url: string): string => {
  const base = url.replace(/\/+$/, '')
  return `${base.endsWith('.git') ? base : `${base}.git`}/info/lfs`
}

export const basic = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
