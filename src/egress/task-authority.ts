import { mkdirSync } from 'node:fs'
import type { SecureContext } from 'node:tls'
import { needsInspection } from '../domain/network/judge.ts'
import type { NetworkRule } from '../domain/network/rule.ts'
import { type Authority, makeAuthority } from './authority.ts'
import { readAuthorities } from './read-authorities.ts'
import type { TrustFiles } from './trust-files.ts'

type Needs = {
  readonly rules: readonly NetworkRule[]
  /** PEM file of further authorities. */
  readonly caFile: string | null
  /** The gateway takes the place of the model's host. */
  readonly isIntercepting: boolean
}

export type TaskAuthority = {
  /** What the gateway proves itself with in a host's place. */
  contextFor(host: string): Promise<SecureContext>
  /** Writes the files by which the programs in the sandbox know whom to trust, before a rule needs them. */
  prepare(folder: string, needs: Needs): Promise<void>
}

/** The authority of one task, made when a rule first needs it: most tasks have none. */
export const taskAuthority = (task: string, files: TrustFiles): TaskAuthority => {
  let made: Promise<Authority> | undefined
  let written: string | undefined
  const get = (): Promise<Authority> => {
    made ??= makeAuthority(task)
    return made
  }
  return {
    contextFor: async (host) => (await get()).contextFor(host),
    prepare: async (folder, { rules, caFile, isIntercepting }) => {
      if (isIntercepting || rules.some(needsInspection)) await get()
      const own = made === undefined ? [] : [(await made).certificate]
      const certificates = [...(caFile === null ? [] : readAuthorities(caFile)), ...own]
      const state = [folder, ...certificates].join('\n')
      if (written === state) return
      mkdirSync(folder, { recursive: true, mode: 0o755 })
      files.write(folder, certificates)
      written = state
    },
  }
}
