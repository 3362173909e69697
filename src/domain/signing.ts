import { type Parsed, parsed, unparsed } from '../std/parsed.ts'

/** How Berth signs commits. It names a key and never holds one. */
export type Signing =
  /** `key`: a reference to a private key of OpenSSH. */
  | { readonly kind: 'ssh'; readonly key: string }
  /** `key`: an id in the caller's own keyring. */
  | { readonly kind: 'gpg'; readonly key: string }
  /** The forge makes the commits again and signs them. */
  | { readonly kind: 'api' }

export const SIGNING_FORMS = 'ssh:/PATH, ssh:env:NAME, ssh:file:/PATH, ssh:command:PROGRAM ARG, gpg:KEYID, or api'

/** What is no reference may be the key itself, so no error shows it. */
const sshKey = (text: string): Parsed<string> => {
  if (/^(env|file|command):\S/.test(text)) return parsed(text)
  if (/^(\/|~\/)[^\n]+$/.test(text)) return parsed(`file:${text}`)
  return unparsed('ssh: needs the absolute path of a private key, or its reference')
}

const GPG_KEY = /^[\p{L}\p{N}][^\p{Cc}]{0,199}$/u

/** Reads the text of `--sign`. A path below the home is still written with `~`. */
export const parseSigning = (text: string): Parsed<Signing> => {
  if (text === 'api') return parsed({ kind: 'api' })
  const [, kind, key = ''] = /^(ssh|gpg):(.*)$/s.exec(text) ?? []
  if (kind === 'gpg') {
    if (GPG_KEY.test(key)) return parsed({ kind, key })
    return unparsed('gpg: needs the id of a key, its fingerprint, or its e-mail address')
  }
  if (kind !== 'ssh') return unparsed(`write ${SIGNING_FORMS}`)
  const read = sshKey(key)
  return read.ok ? parsed({ kind, key: read.value }) : read
}

/** The signing of a request, whose text was read before. */
export const signingOf = (text: string): Signing => {
  const read = parseSigning(text)
  if (!read.ok) throw new Error(read.error)
  return read.value
}

/** A path that may begin with ~/, from the root. */
export const pathInHome = (path: string, home: string | undefined): Parsed<string> => {
  if (!path.startsWith('~/')) return parsed(path)
  if (home === undefined || !home.startsWith('/')) return unparsed('the path begins with ~, and HOME is not set')
  return parsed(`${home}${path.slice(1)}`)
}

/** The text of `--sign` with its key in full: the home is the caller's, and a later turn has no caller. */
export const signingInHome = (text: string, home: string | undefined): Parsed<string> => {
  const signing = signingOf(text)
  if (signing.kind !== 'ssh' || !signing.key.startsWith('file:~/')) return parsed(text)
  const path = pathInHome(signing.key.slice('file:'.length), home)
  return path.ok ? parsed(`ssh:file:${path.value}`) : path
}
