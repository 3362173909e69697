const BLOCK = 512
/** The longest name that a header holds. */
const LONGEST = 100

type User = { readonly uid: number; readonly gid: number }

const octal = (value: number, width: number): string => `${value.toString(8).padStart(width - 1, '0')}\0`

const header = (
  name: string,
  { uid, gid }: User,
  of: { readonly mode: number; readonly bytes: number; readonly type: '0' | '5' },
) => {
  if (Buffer.byteLength(name) > LONGEST) throw new Error(`${name} is too long a name`)
  const block = Buffer.alloc(BLOCK)
  block.write(name)
  block.write(octal(of.mode, 8) + octal(uid, 8) + octal(gid, 8) + octal(of.bytes, 12) + octal(0, 12), 100, 'latin1')
  block.write(`        ${of.type}`, 148, 'latin1')
  block.write('ustar\x0000', 257, 'latin1')
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return block
}

/** A tar of one file for its user alone, with the folders that lead to it. */
export const loginArchive = (path: string, text: string, user: User): Buffer => {
  const parts = path.split('/')
  const folders = parts.slice(1).map((_, at) => `${parts.slice(0, at + 1).join('/')}/`)
  const data = Buffer.from(text)
  const padding = Buffer.alloc((BLOCK - (data.length % BLOCK)) % BLOCK)
  return Buffer.concat([
    ...folders.map((folder) => header(folder, user, { mode: 0o700, bytes: 0, type: '5' })),
    header(path, user, { mode: 0o600, bytes: data.length, type: '0' }),
    data,
    padding,
    Buffer.alloc(2 * BLOCK),
  ])
}
