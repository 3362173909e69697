/** Reads `1000` or `1000:1000`; throws Error with a sentence. */
export const parseUser = (text: string): { readonly uid: number; readonly gid: number } => {
  const match = /^(\d{1,10})(?::(\d{1,10}))?$/.exec(text)
  if (match === null) throw new Error(`"${text.slice(0, 80)}" is not UID or UID:GID in numbers`)
  const uid = Number(match[1])
  if (uid === 0) throw new Error('an agent never runs as root in a container')
  return { uid, gid: match[2] === undefined ? uid : Number(match[2]) }
}
