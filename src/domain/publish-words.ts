import type { PublishedPort } from './container-spec.ts'

/** A published port as `--publish` has it, with all its parts. */
export const publishWords = ({ address, hostPort, port, protocol }: PublishedPort): string =>
  `${address.includes(':') ? `[${address}]` : address}:${hostPort}:${port}/${protocol}`

/** Whether only this machine reaches the port. */
export const isLoopback = ({ address }: Pick<PublishedPort, 'address'>): boolean =>
  address.startsWith('127.') || address === '::1'
