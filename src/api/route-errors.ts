import type { ErrorCode } from '../domain/errors.ts'
import type { Route } from './route.ts'

const ENGINE = ['engine-missing', 'engine-down', 'engine-permission', 'engine-timeout', 'engine-error'] as const

/** Of a forge that Berth has credentials for. */
export const FORGE = [
  'repository-archived',
  'forge-unreachable',
  'forge-rate-limit',
  'forge-refused',
  'forge-denied',
  'app-key',
  'app-unknown',
  'app-clock',
  'app-not-installed',
  'app-suspended',
  'app-permission',
] as const

/** Of a task that cannot run: it is refused before it exists. */
export const TASK_ERRORS: readonly ErrorCode[] = [
  'config-invalid',
  'unknown-provider',
  'unknown-engine',
  'policy-unfit',
  'empty-prompt',
  'bad-volume',
  'bad-output',
  'workspace-in-use',
  'repository-not-allowed',
  'host-not-allowed',
  'bad-profile',
  'bad-env',
  'bad-schema',
  'bad-file',
  'bad-repository',
  'bad-ref',
  'url-with-password',
  'ref-not-found',
  'repository-unreachable',
  'repository-unreadable',
  ...FORGE,
  'proxy-refused',
  'git-missing',
  ...ENGINE,
  'engine-elsewhere',
  'bad-image',
  'image-missing',
  'image-denied',
  'image-unfit',
  'unknown-runtime',
  'no-gpu-runtime',
  'port-in-use',
  'toolbox-missing',
  'agent-missing',
  'no-credentials',
  'cannot-sign',
  'bad-ssh-key',
  'ssh-key-locked',
  'no-login',
  'bad-detach-keys',
]

/** What any route may say of the supervisor itself. */
export const ANY_ROUTE: readonly ErrorCode[] = ['internal', 'disk-full', 'state-not-writable']

/** What any route with such a path, query or body may say, and what the row adds. */
export const routeErrors = ({ path, query, body, errors = [] }: Route): readonly ErrorCode[] => [
  ...new Set<ErrorCode>([
    ...(query === undefined && body === undefined && !path.includes(':turn') ? [] : ['bad-request' as const]),
    ...(body === undefined ? [] : ['too-large' as const]),
    ...(path.includes(':id') ? (['not-found', 'ambiguous', 'corrupt-record'] as const) : []),
    ...errors,
  ]),
]
