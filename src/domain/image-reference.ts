/** The name of an image, taken apart. */
export type ImageReference = {
  /** Host of the registry, with its port; null: the name has none, so the engine decides. */
  readonly registry: string | null
  /** Everything before tag and digest, with the registry. */
  readonly name: string
  readonly tag: string | null
  readonly digest: string | null
}

/** NAME[:TAG][@DIGEST], as both engines read it. */
const REFERENCE =
  /^(?=.{1,400}$)([a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?::\d+(?=\/))?(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*)(?::([A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))?(?:@(sha256:[a-f0-9]{64}))?$/

/** Undefined where the text is not the name of an image. */
export const imageReference = (text: string): ImageReference | undefined => {
  const [, name, tag = null, digest = null] = REFERENCE.exec(text) ?? []
  if (name === undefined) return undefined
  const [first = '', ...rest] = name.split('/')
  const isHost = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost')
  return { registry: isHost ? first : null, name, tag, digest }
}
