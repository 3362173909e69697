import { type ContainerSpec, LABEL } from '../../domain/container-spec.ts'

/** A container without network, rights and a user's files, by which an image or an engine is tried. */
export const probeSpec = (
  state: string,
  rest: Pick<ContainerSpec, 'name' | 'image' | 'argv' | 'mounts'> & Partial<ContainerSpec>,
): ContainerSpec => ({
  env: {},
  workdir: '/',
  user: { uid: 65534, gid: 65534 },
  userNamespace: 'none',
  network: 'none',
  labels: { [LABEL.managed]: 'true', [LABEL.state]: state },
  memoryBytes: null,
  cpus: null,
  pids: null,
  capDrop: ['ALL'],
  noNewPrivileges: true,
  ...rest,
})
