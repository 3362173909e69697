/** `host` is this machine without a container, by the user's choice alone; the others answer at a socket. */
export type EngineKind = 'docker' | 'podman' | 'host'
export type ContainerEngineKind = Exclude<EngineKind, 'host'>
