/**
 * The agent image by its tag. A short name without a registry is the one name that both engines resolve alike:
 * Docker keeps it as it is, Podman keeps a loaded or built image as `localhost/berth-agent` and finds that one first
 * when asked for the short name, by its command line and by the Docker API (tried with 4.3: inspect and create).
 * `localhost/berth-agent` is unknown to Docker, the same name under the public registry to Podman. Never pull this name.
 */
export const imageName = (tag: string): string => `${IMAGE}:${tag}`

export const IMAGE = 'berth-agent'
export const BASE_NAME = 'berth-base'
