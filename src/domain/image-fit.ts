/** What an image has of what a task needs. */
export type ImageFit = {
  readonly shell: boolean
  /** Anybody may write into /tmp. */
  readonly temporary: boolean
  /** Of the image's user: its names that the image does not know. */
  readonly unknown: readonly string[]
}
