/** Joins short texts into pieces of about so many characters, as bytes. */
export function* inPieces(texts: Iterable<string>, characters: number): Generator<Buffer> {
  let held: string[] = []
  let size = 0
  for (const text of texts) {
    held.push(text)
    size += text.length
    if (size < characters) continue
    yield Buffer.from(held.join(''))
    held = []
    size = 0
  }
  if (size > 0) yield Buffer.from(held.join(''))
}
