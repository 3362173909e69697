const parsed = (text: string): readonly unknown[] => {
  try {
    return [JSON.parse(text)]
  } catch {
    return []
  }
}

/** The JSON of a text with one value a line. */
export const jsonLines = (text: string): readonly unknown[] => text.split('\n').flatMap(parsed)

/** The JSON of an answer: of each event of a stream, else of the body. */
export const jsonParts = (type: string, body: string): readonly unknown[] =>
  type.includes('event-stream')
    ? body.split('\n').flatMap((line) => (line.startsWith('data:') ? parsed(line.slice(5)) : []))
    : parsed(body).flat()
