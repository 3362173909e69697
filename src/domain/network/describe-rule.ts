import type { NetworkRule } from './rule.ts'

/** What a rule opens or closes, in the words of the rules' grammar. */
export const describeRule = ({ host, port, tls, methods = [], paths = [], ...rule }: NetworkRule): string => {
  const name = host.includes(':') ? `[${host}]` : host
  return [
    port === null ? name : `${name}:${port}`,
    ...(rule.effect === 'deny' ? [] : [tls]),
    ...methods,
    ...paths,
    ...(rule.private === true ? ['private'] : []),
    ...(rule.push === true ? ['push'] : []),
  ].join(' ')
}
