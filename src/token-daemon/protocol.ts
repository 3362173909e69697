import type { CompanyNetwork } from '../domain/company-network.ts'
import type { GitHubAccess } from '../domain/github-settings.ts'
import type { ForgePermissions } from '../forges/forge.ts'

/** A task's token folder, and whom its token is for. */
export type TokenPlace = {
  readonly task: string
  /** The daemon ends when one of these folders is gone. */
  readonly taskFolder: string
  readonly folder: string
  /** Where it listens for those who watch it, and the file of its lock. */
  readonly socket: string
  readonly lock: string
  /** The user of the task's container; null: the daemon's own. */
  readonly owner: { readonly uid: number; readonly gid: number } | null
  /** HOST[:PORT] of the forge, and the repository's name there. */
  readonly host: string
  readonly repository: string
  readonly permissions: ForgePermissions
}

/** By what the daemon gets its tokens; it reaches it on its stdin alone. */
export type TokenCredentials = {
  readonly baseUrl: string
  readonly access: GitHubAccess
  /** The App's private key, or the token itself. */
  readonly secret: string
}

/** What is written to a daemon's stdin, as JSON. */
export type TokenOrder = TokenPlace & { readonly credentials: TokenCredentials; readonly company: CompanyNetwork }

/**
 * What it says on its stdout until it is ready. listening: it can be watched, and asks for its first token. busy: another
 * daemon holds the lock.
 */
export type StartWord =
  | { readonly kind: 'listening' }
  | { readonly kind: 'ready' }
  | { readonly kind: 'busy' }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string; readonly hint?: string }

/**
 * What it says to those who watch it, a line each. hello: how it stands now. next: this token is put into the folder as
 * soon as the watcher has answered with a line, so that no output can show it unmasked.
 */
export type DaemonWord =
  | { readonly kind: 'hello'; readonly pid: number; readonly token: string | null; readonly expiresAt: string | null }
  | { readonly kind: 'next'; readonly token: string }
  | { readonly kind: 'refreshed'; readonly expiresAt: string | null }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'ending'; readonly reason: string }

export const TOKEN_FILE = 'ghapp_token'
export const GH_FOLDER = 'gh'
