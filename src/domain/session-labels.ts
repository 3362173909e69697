import { LABEL } from './container-spec.ts'

/** The name of a session, and that of a role. */
export const SESSION_NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/
export const SESSION_NAME_WORDS = 'letters, digits, _ and -, at most 63'
export const OWNER_NAME = /^[A-Za-z0-9][A-Za-z0-9._@+-]{0,99}$/
export const OWNER_NAME_WORDS = 'letters, digits and . _ @ + -, at most 100'
/** The name of a manifest may be the name of its file. */
export const MANIFEST_NAME = /^\P{Cc}{1,255}$/u

/** What says which session a task is. */
export type SessionNames = {
  readonly session?: string | undefined
  readonly role?: string | undefined
  readonly owner?: string | undefined
  readonly manifest?: { readonly name: string } | undefined
}

const KEYS = ['session', 'role', 'owner', 'manifest'] as const

/** Labels that Berth itself sets on a task and on its containers; --label cannot set them. */
export const sessionLabels = ({ manifest, ...names }: SessionNames): Readonly<Record<string, string>> => {
  const values = { ...names, manifest: manifest?.name }
  return Object.fromEntries(
    KEYS.flatMap((key) => {
      const value = values[key]
      return value === undefined ? [] : [[LABEL[key], value] as const]
    }),
  )
}
