/** The images of the family, each before those that are built on it. */
export const KINDS = ['base', 'agent', 'worker', 'nested'] as const
export type ImageKind = (typeof KINDS)[number]

/** Where an image holds every agent CLI; else it is named after the one it holds. */
export const ALL = 'all'

/**
 * An image of the family by its tag. A short name without a registry is the one name that both engines resolve alike:
 * Docker keeps it as it is, Podman keeps a loaded or built image as `localhost/berth-agent` and finds that one first
 * when asked for the short name, by its command line and by the Docker API (tried with 4.3: inspect and create).
 * `localhost/berth-agent` is unknown to Docker, the same name under the public registry to Podman. Never pull this name.
 */
export const imageRef = (kind: ImageKind, tag: string): string => `berth-${kind}:${tag}`

/** The agent image by its tag. */
export const imageName = (tag: string): string => imageRef('agent', tag)

/** The Debian that the family is built on where no registry answers. */
export const DEBIAN_NAME = 'berth-debian'

/** All names of images that an installation makes. */
export const REPOSITORIES: readonly string[] = [...KINDS.map((kind) => `berth-${kind}`), DEBIAN_NAME]
