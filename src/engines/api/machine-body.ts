import type { ContainerSpec, Gpus, PublishedPort } from '../../domain/container-spec.ts'
import { isCdi } from '../../domain/gpu-words.ts'
import type { EngineInfo } from '../engine.ts'

/** Ids with a kind are names of CDI, which has a driver of its own. */
const deviceRequest = (gpus: Gpus) => {
  if (typeof gpus !== 'object')
    return { Driver: '', Count: gpus === 'all' ? -1 : gpus, DeviceIDs: null, Capabilities: [['gpu']] }
  return { Driver: isCdi(gpus) ? 'cdi' : '', Count: 0, DeviceIDs: gpus, Capabilities: [['gpu']] }
}

const portBindings = (publish: readonly PublishedPort[]) => {
  const name = ({ port, protocol }: PublishedPort) => `${port}/${protocol}`
  const binding = ({ address, hostPort }: PublishedPort) => ({ HostIp: address, HostPort: String(hostPort) })
  const names = [...new Set(publish.map(name))]
  return Object.fromEntries(names.map((one) => [one, publish.filter((port) => name(port) === one).map(binding)]))
}

/** The parts of a create body that give a container something of the machine. */
export const machineBody = (
  { gpus, devices, publish, runtime, shmBytes }: ContainerSpec,
  info: Pick<EngineInfo, 'gpus'>,
) => {
  const PortBindings = publish === undefined ? undefined : portBindings(publish)
  return {
    container:
      PortBindings === undefined
        ? {}
        : { ExposedPorts: Object.fromEntries(Object.keys(PortBindings).map((name) => [name, {}])) },
    host: {
      ...(PortBindings && { PortBindings }),
      ...(runtime !== undefined && { Runtime: runtime }),
      ...(shmBytes !== undefined && { ShmSize: shmBytes }),
      ...(gpus !== undefined && info.gpus === 'requests' && { DeviceRequests: [deviceRequest(gpus)] }),
      ...(devices && {
        Devices: devices.map(({ source, target, access }) => ({
          PathOnHost: source,
          PathInContainer: target,
          CgroupPermissions: access,
        })),
      }),
    },
  }
}
