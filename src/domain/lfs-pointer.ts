/** An object of Git LFS: the SHA-256 of a file's content, and its bytes. Git has a short text in its place, the pointer. */
export type LfsPointer = { readonly oid: string; readonly size: number }

/** A longer file is no pointer. */
export const POINTER_BYTES = 1024

/** A shorter file is none either. */
export const POINTER_LEAST_BYTES = 125

/** Most that the files of Git LFS of one task have together. */
export const LFS_BYTES = 4 * 1024 ** 3

/** Where a repository has its objects of Git LFS, below its own folder, as git-lfs itself has it. */
export const LFS_OBJECTS = 'lfs/objects'

const VERSION = 'version https://git-lfs.github.com/spec/v1'
const POINTER = new RegExp(String.raw`^${VERSION}\noid sha256:([0-9a-f]{64})\nsize (\d{1,15})\n?$`)

/** Reads a pointer; undefined for any other text. */
export const parsePointer = (text: string): LfsPointer | undefined => {
  const [, oid, size] = POINTER.exec(text) ?? []
  return oid === undefined ? undefined : { oid, size: Number(size) }
}

export const pointerText = ({ oid, size }: LfsPointer): string => `${VERSION}\noid sha256:${oid}\nsize ${size}\n`

/** Where an object lies below `LFS_OBJECTS`. */
export const objectPath = (oid: string): string => `${oid.slice(0, 2)}/${oid.slice(2, 4)}/${oid}`
