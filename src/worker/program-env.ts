import { accessSync, constants, existsSync, statSync } from 'node:fs'
import { INSIDE } from '../domain/worker-protocol.ts'
import { imageVariables } from './image-variables.ts'

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
/** Where programs look for the authorities that they trust. */
const AUTHORITIES = ['/etc/ssl/certs/ca-certificates.crt', '/etc/ssl/cert.pem', '/etc/pki/tls/certs/ca-bundle.crt']
const OURS = `${INSIDE.toolbox}/etc/ca-certificates.crt`

type Variables = Readonly<Record<string, string>>

const isProgram = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}

/** An agent runs its commands by it, so one that is not there stops them all. */
const withoutShell = ({ SHELL, ...rest }: Variables): Variables =>
  SHELL !== undefined && isProgram(SHELL) && !/\/(nologin|false|true)$/.test(SHELL) ? { ...rest, SHELL } : rest

const authorities = (): Variables =>
  AUTHORITIES.some((path) => existsSync(path)) || !existsSync(OURS) ? {} : { SSL_CERT_FILE: OURS }

/** The environment of a program in the sandbox: the image's own, the home, and what the order or a caller adds. */
export const programEnv = (home: string, more: Variables): Variables => ({
  PATH: process.env['PATH'] ?? PATH,
  LANG: 'C.UTF-8',
  ...authorities(),
  ...withoutShell(imageVariables(process.env)),
  HOME: home,
  USER: 'agent',
  ...more,
})
