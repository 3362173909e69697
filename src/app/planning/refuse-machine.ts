import { createSocket } from 'node:dgram'
import { type Stats, statSync } from 'node:fs'
import { createServer } from 'node:net'
import type { PublishedPort } from '../../domain/container-spec.ts'
import { BerthError } from '../../domain/errors.ts'
import { tierOf } from '../../domain/policy.ts'
import { publishWords } from '../../domain/publish-words.ts'
import type { TaskRequest } from '../../domain/request.ts'
import type { EngineInfo } from '../../engines/engine.ts'
import { errorMessage } from '../../std/error-message.ts'
import { deviceNumberFault } from './device-number-fault.ts'

/** Refuses a published port where the container has no network that could lead to it. */
export const refusePublish = (request: TaskRequest): void => {
  const [first] = request.publish
  if (first === undefined || tierOf(request)?.network !== 'gateway') return
  throw new BerthError(
    'policy-unfit',
    `--publish ${publishWords(first)}: with --policy ${request.policy} the container has no network, so no port leads into it`,
    {
      hint: `Forward the port while the task runs: \`berth forward ID ${first.port}:${first.hostPort}\`. Or use --policy open.`,
    },
  )
}

type Found = Pick<Stats, 'isBlockDevice' | 'isCharacterDevice' | 'rdev'> | undefined
type Look = (path: string) => Found

const lookAt: Look = (path) => statSync(path, { throwIfNoEntry: false })

const deviceFault = (found: Found): string | undefined => {
  if (found === undefined) return 'there is no such device on this machine'
  if (found.isBlockDevice()) return 'this is a disk, and no policy gives a disk of this machine to a task'
  if (!found.isCharacterDevice()) return 'this is not a device'
  return deviceNumberFault(found.rdev)
}

const refuseDevices = ({ devices }: TaskRequest, look: Look): void => {
  for (const { source } of devices) {
    let fault: string | undefined
    try {
      fault = deviceFault(look(source))
    } catch (error) {
      fault = errorMessage(error)
    }
    if (fault !== undefined)
      throw new BerthError('bad-request', `--device ${source}: ${fault}`, {
        hint: 'Name a character device of this machine, such as /dev/fuse.',
      })
  }
}

/** The kernel's code for a port that cannot be taken; undefined: it is free. */
const portFault = ({ address, hostPort: port, protocol }: PublishedPort): Promise<string | undefined> =>
  new Promise((resolve) => {
    const failed = (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message)
    if (protocol === 'udp') {
      const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4').once('error', failed)
      socket.bind({ address, port, exclusive: true }, () => socket.close(() => resolve(undefined)))
      return
    }
    const server = createServer().once('error', failed)
    server.listen({ host: address, port, exclusive: true }, () => server.close(() => resolve(undefined)))
  })

const refusePorts = async ({ publish }: TaskRequest): Promise<void> => {
  for (const port of publish) {
    const code = await portFault(port)
    if (code === 'EADDRINUSE')
      throw new BerthError('port-in-use', `--publish ${publishWords(port)}: another program has this port`, {
        hint: 'Name another port of this machine: --publish HOSTPORT:PORT.',
      })
    if (code === 'EADDRNOTAVAIL')
      throw new BerthError('bad-request', `--publish ${publishWords(port)}: this machine does not have this address`)
  }
}

const refuseTwice = ({ publish }: TaskRequest): void => {
  const seen = new Set<string>()
  for (const port of publish) {
    const key = `${port.address} ${port.hostPort}/${port.protocol}`
    if (seen.has(key))
      throw new BerthError('bad-request', `--publish ${publishWords(port)}: this port of the machine is named twice`)
    seen.add(key)
  }
}

/** Refuses devices that are not there or are too much to give, and ports that are taken. Another machine is not looked at. */
export const refuseMachine = async (
  request: TaskRequest,
  info: Pick<EngineInfo, 'sameHost'>,
  look: Look = lookAt,
): Promise<void> => {
  refuseTwice(request)
  if (info.sameHost !== true) return
  refuseDevices(request, look)
  await refusePorts(request)
}
