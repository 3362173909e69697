import { chmodSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { TRUST_FILES } from '../domain/network/trust-files.ts'
import { INSIDE } from '../domain/worker-protocol.ts'
import { hostAuthorities } from './host-authorities.ts'
import { javaCertificates, javaTruststore } from './java-truststore.ts'

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

const BUNDLE = `${INSIDE.gateway}/${TRUST_FILES.pem}`
const WGETRC = `ca_certificate = ${BUNDLE}\n`
const APT_CONF = `Acquire::https::CAInfo "${BUNDLE}";\n`

type Content = { readonly pem: string; readonly java: Buffer }

const pemOf = (authorities: readonly string[]): string => authorities.map((one) => `${one}\n`).join('')

/** The content with the host's authorities. To read them takes milliseconds, so a further one is put behind them. */
const hostContent = (authorities: readonly string[]) => {
  const known = new Set(authorities)
  const pem = pemOf(authorities)
  const certificates = javaCertificates(authorities)
  const java = javaTruststore(certificates)
  return (further: readonly string[]): Content => {
    const added = [...new Set(further)].filter((one) => !known.has(one))
    if (added.length === 0) return { pem, java }
    return { pem: pem + pemOf(added), java: javaTruststore([...certificates, ...javaCertificates(added)]) }
  }
}

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

/** Writes what sandboxes trust. Reads the host's authorities once. */
export const trustFiles = (host: () => readonly string[] = hostAuthorities): TrustFiles => {
  let contentWith: ReturnType<typeof hostContent> | undefined
  return {
    write: (folder, more) => {
      contentWith ??= hostContent(host())
      const { pem, java } = contentWith(more.flatMap((text) => text.match(CERTIFICATE) ?? []))
      replace(folder, TRUST_FILES.pem, pem)
      replace(folder, TRUST_FILES.java, java)
      replace(folder, TRUST_FILES.wget, WGETRC)
      replace(folder, TRUST_FILES.apt, APT_CONF)
    },
  }
}
