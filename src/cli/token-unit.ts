import { AUTHORITY_VARIABLES } from '../domain/authority-variables.ts'
import type { Context } from './context.ts'

/** A text in a unit file: systemd reads quotes, backslashes and specifiers in it. */
const quoted = (text: string): string =>
  `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('%', '%%')}"`

/** A word of a command, where systemd reads variables, too. */
const commandWord = (text: string): string => quoted(text.replaceAll('$', '$$$$'))

/** What the program has to find again. No proxy: its URL may have a password, so it belongs into the config file. */
const NAMES = ['BERTH_HOME', 'BERTH_INSTALL_DIR', 'XDG_CONFIG_HOME', 'XDG_STATE_HOME', ...AUTHORITY_VARIABLES]

/** A unit of the user's systemd that keeps a task's token fresh. */
export const tokenUnit = ({ env }: Pick<Context, 'env'>, program: string, task: string): string => {
  const variables = NAMES.flatMap((name) => (env[name] ? [`Environment=${quoted(`${name}=${env[name]}`)}`] : []))
  return [
    '[Unit]',
    `Description=Token of the Berth task ${task}`,
    '',
    '[Service]',
    'Type=exec',
    ...variables,
    `ExecStart=${[program, 'token-daemon', task].map(commandWord).join(' ')}`,
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
