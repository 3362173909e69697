import type { ImageKind } from './image-name.ts'
import type { ToolboxManifest } from './install.ts'

type Labels = Readonly<Record<string, string>>

export type Labelled = {
  readonly kind: ImageKind
  /** The one agent that a worker image has, or `all`. */
  readonly provider: string
  readonly hash: string
  readonly version: string
  readonly license: string
  readonly revision: string | undefined
  /** The image that this one was built on. */
  readonly from: string
  /** Of the toolbox in a worker image. */
  readonly manifest: Pick<ToolboxManifest, 'node' | 'git' | 'agents'> | undefined
}

const DESCRIPTIONS: Readonly<Record<ImageKind, string>> = {
  base: 'Debian with git, certificates, init and an ordinary user',
  agent: 'Compilers, Python, Go and search tools for the work of a coding agent',
  worker: 'A coding agent that clones, works and reports by plain docker run',
  nested: 'The agent image with Podman, to run containers inside a container',
}

const AGENT = 'berth.agent.'

/** What an image says of itself. No times: the same content has the same labels. */
export const labelsOf = (image: Labelled): Labels => ({
  'berth.managed': 'true',
  'berth.image': image.hash,
  'berth.kind': image.kind,
  'berth.provider': image.provider,
  'berth.version': image.version,
  // Empty rather than left out: an image has the labels of the image that it was built on.
  'berth.revision': image.revision ?? '',
  ...(image.manifest === undefined
    ? {}
    : {
        'berth.node': image.manifest.node,
        'berth.git': image.manifest.git,
        ...Object.fromEntries(Object.entries(image.manifest.agents).map(([name, version]) => [AGENT + name, version])),
      }),
  'org.opencontainers.image.title': `berth-${image.kind}`,
  'org.opencontainers.image.description': DESCRIPTIONS[image.kind],
  'org.opencontainers.image.version': image.version,
  'org.opencontainers.image.revision': image.revision ?? '',
  'org.opencontainers.image.licenses': image.license,
  'org.opencontainers.image.base.name': image.from,
})

/** The versions that an image's labels name: of Berth, and of what a worker image brings. */
export const versionsIn = (labels: Labels): Labels => {
  const versions: Record<string, string> = {}
  for (const [label, version] of Object.entries(labels)) {
    if (label.startsWith(AGENT)) versions[label.slice(AGENT.length)] = version
  }
  for (const name of ['node', 'git']) {
    const version = labels[`berth.${name}`]
    if (version !== undefined) versions[name] = version
  }
  const berth = labels['berth.version']
  return berth === undefined ? versions : { berth, ...versions }
}
