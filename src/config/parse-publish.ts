import { isIP } from 'node:net'
import type { PublishedPort } from '../domain/container-spec.ts'

const FORM = /^(?:(?:\[([^\]]+)\]|([^:]*)):)?(\d{1,5}):(\d{1,5})(?:\/(.*))?$/

const portOf = (digits: string | undefined, shown: string): number => {
  const port = Number(digits)
  if (port < 1 || port > 65_535) throw new Error(`in ${shown} the port ${digits} is not 1 to 65535`)
  return port
}

/** Reads [IP:]HOST:CONTAINER[/tcp|udp]; throws Error with a sentence. Without an IP only this machine reaches the port. */
export const parsePublish = (text: string): PublishedPort => {
  const shown = `"${text.slice(0, 200)}"`
  const found = FORM.exec(text)
  if (found === null) throw new Error(`${shown} is not HOSTPORT:PORT or IP:HOSTPORT:PORT`)
  const [, inBrackets, plain, host, inside, protocol = 'tcp'] = found
  const address = inBrackets ?? plain ?? '127.0.0.1'
  if (isIP(address) !== (inBrackets === undefined ? 4 : 6))
    throw new Error(`in ${shown} "${address.slice(0, 80)}" is not an IP address; write IPv6 in brackets`)
  if (protocol !== 'tcp' && protocol !== 'udp')
    throw new Error(`${shown} ends with "${protocol}", which is neither tcp nor udp`)
  return { address, hostPort: portOf(host, shown), port: portOf(inside, shown), protocol }
}
