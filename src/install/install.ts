/** The types of an installation: what is shared by all state folders of a machine, images and toolbox. */

/** Written by scripts/build.ts as dist/build.json; names what this build of Berth needs. */
export type BuildStamp = {
  /** Hash of all sources; CLI and supervisor compare it. */
  readonly build: string
  /** Hash of the built worker, `none` when there is none. */
  readonly worker: string
  /** Likewise of the program of the image that works without Berth. */
  readonly standalone: string
  /** Name of the toolbox' folder. */
  readonly toolbox: string
  /** Tag of the agent image. */
  readonly image: string
}

export type ToolboxManifest = {
  readonly hash: string
  readonly node: string
  readonly git: string
  readonly npm: string
  readonly worker: string
  /** Agent CLIs by name, with their versions. */
  readonly agents: Readonly<Record<string, string>>
}

export type Toolbox = { readonly path: string; readonly manifest: ToolboxManifest }

export type Env = Readonly<Record<string, string>>

/** An engine as an install step reaches it: by its own command line. */
export type EngineCli = {
  readonly kind: 'docker' | 'podman'
  /** As a user would know it: `docker`, `podman`, or the URL it was named by. */
  readonly label: string
  readonly argv: readonly [string, ...string[]]
}

export type Progress = (line: string) => void

/** How much of a step is done, in bytes; `total` is null where nobody knows it. */
export type BytesProgress = (what: string, done: number, total: number | null) => void

export type InstallOptions = {
  /** The package's root: it has images/, dist/ and package.json. */
  readonly root: string
  /** Folder of the installation that may be written, from installDirs. */
  readonly install: string
  /** Folders a finished toolbox may be found in. */
  readonly read: readonly string[]
  readonly env: Env
  readonly signal?: AbortSignal
  readonly progress: Progress
  readonly bytes?: BytesProgress
}
