import { join } from 'node:path'
import type { Context } from './context.ts'

/** A word of a unit file: systemd reads quotes, backslashes, specifiers and variables in it. */
const unitWord = (text: string): string =>
  `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('%', '%%').replaceAll('$', '$$$$')}"`

const setting = (text: string): string =>
  `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('%', '%%')}"`

/** What the program has to find again: its state folder, and the network's authorities and proxies. */
const NAMES = [
  ...['BERTH_HOME', 'BERTH_INSTALL_DIR', 'XDG_CONFIG_HOME', 'XDG_STATE_HOME'],
  ...['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'SSL_CERT_DIR'],
]

/** A unit of the user's systemd that keeps a task's token fresh. */
export const tokenUnit = ({ env }: Pick<Context, 'env'>, program: string, task: string): string => {
  const variables = NAMES.flatMap((name) => (env[name] ? [`Environment=${setting(`${name}=${env[name]}`)}`] : []))
  return [
    '[Unit]',
    `Description=Token of the Berth task ${task}`,
    '',
    '[Service]',
    'Type=exec',
    ...variables,
    `ExecStart=${[join(program), 'token-daemon', task].map(unitWord).join(' ')}`,
    'UMask=0077',
    'KillMode=mixed',
    'Restart=on-failure',
    'RestartSec=10',
    '# What only a person can mend.',
    'RestartPreventExitStatus=2 6',
    '',
    '[Install]',
    'WantedBy=default.target',
    '',
  ].join('\n')
}
