import { ALL } from './image-name.ts'

/** What both engines and every registry take as a tag. */
const TAG = /^\w[\w.-]{0,127}$/

export const isTag = (text: string): boolean => TAG.test(text)

/** A tag as the image of one provider bears it. */
export const tagFor = (provider: string, tag: string): string => (provider === ALL ? tag : `${tag}-${provider}`)

export type Tagged = {
  /** Of the content. */
  readonly hash: string
  readonly version: string
  /** The commit that all of it was built from; undefined outside a checkout, and where files differ from the commit. */
  readonly revision: string | undefined
  readonly provider: string
  /** The user's own. */
  readonly asked: readonly string[]
}

/** All tags of an image, the one by content first. */
export const tagsOf = ({ hash, version, revision, provider, asked }: Tagged): readonly string[] => {
  const commit = revision === undefined ? [] : [`git-${revision.slice(0, 7)}`]
  const tags = [hash, version, ...commit, 'latest', ...asked]
  return [...new Set(tags)].map((tag) => tagFor(provider, tag))
}

const MADE = /^(?:[0-9a-f]{12}|git-[0-9a-f]{7})(?:-[a-z]+)?$/

/** A tag that says what an image was made from, and so never moves to another one. */
export const isMadeTag = (tag: string): boolean => MADE.test(tag)
