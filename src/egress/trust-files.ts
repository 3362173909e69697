import { chmodSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { TRUST_FILES } from '../domain/network/trust-files.ts'
import { INSIDE } from '../domain/worker-protocol.ts'
import { hostAuthorities } from './host-authorities.ts'
import { javaTruststore } from './java-truststore.ts'

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

const BUNDLE = `${INSIDE.gateway}/${TRUST_FILES.pem}`
const WGETRC = `ca_certificate = ${BUNDLE}\n`
const APT_CONF = `Acquire::https::CAInfo "${BUNDLE}";\n`

type Content = { readonly pem: string; readonly java: Buffer }

const contentOf = (authorities: readonly string[]): Content => ({
  pem: `${authorities.join('\n')}\n`,
  java: javaTruststore(authorities),
})

/** Readable by the container's user. Readers see the old content or the new. */
const replace = (folder: string, name: string, data: string | Buffer): void => {
  const temporary = join(folder, `.${name}.tmp`)
  try {
    writeFileSync(temporary, data)
    // Whatever the umask is.
    chmodSync(temporary, 0o644)
    renameSync(temporary, join(folder, name))
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
}

export type TrustFiles = {
  /**
   * Writes the files into the folder of a task's socket: the host's authorities, and those of each PEM text in `more`.
   * Replaces what is there.
   */
  write(folder: string, more: readonly string[]): void
}

/** Writes what sandboxes trust. Keeps the content that most of them have. */
export const trustFiles = (host: () => readonly string[] = hostAuthorities): TrustFiles => {
  let common: Content | undefined
  const usual = (): Content => {
    common ??= contentOf(host())
    return common
  }
  return {
    write: (folder, more) => {
      const further = more.flatMap((text) => text.match(CERTIFICATE) ?? [])
      const { pem, java } = further.length === 0 ? usual() : contentOf([...new Set([...host(), ...further])])
      replace(folder, TRUST_FILES.pem, pem)
      replace(folder, TRUST_FILES.java, java)
      replace(folder, TRUST_FILES.wget, WGETRC)
      replace(folder, TRUST_FILES.apt, APT_CONF)
    },
  }
}
