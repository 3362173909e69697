import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml'
import { errorMessage } from '../std/error-message.ts'
import { firstLine } from '../std/first-line.ts'
import type { ParsedText } from './parsed-text.ts'

/** How often aliases may repeat what they stand for: a few lines could otherwise fill the memory. */
const MOST_ALIASES = 100

type Spot = { readonly node: unknown; readonly start: number | undefined }

const startOf = (node: unknown): number | undefined =>
  (node as { readonly range?: readonly [number, number, number] | null } | null)?.range?.[0]

/** A part of a table or a list. */
const partOf = (node: unknown, part: string): Spot | undefined => {
  if (isMap(node)) {
    const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === part)
    return pair === undefined ? undefined : { node: pair.value, start: startOf(pair.key) }
  }
  const item = isSeq(node) ? node.items[Number(part)] : undefined
  return item === undefined ? undefined : { node: item, start: startOf(item) }
}

/** Words of the parser that speak to its programmer. */
const PLAIN: readonly (readonly [RegExp, string])[] = [
  [/multiple documents/, 'it has several documents: expected one'],
  [/alias count/, `aliases repeat too much of it: at most ${MOST_ALIASES} parts`],
  [/call stack/, 'it is nested too deep'],
]

const plainWords = (said: string): string => PLAIN.find(([pattern]) => pattern.test(said))?.[1] ?? said

/** Reads a YAML text of one document. JSON is YAML, too. */
export const parseYaml = (text: string): ParsedText => {
  const counter = new LineCounter()
  const lineAt = (offset: number | undefined) => (offset === undefined ? 1 : Math.max(1, counter.linePos(offset).line))
  const wrong = (line: number, said: string) =>
    ({ ok: false, line, error: `this is not valid YAML: ${plainWords(firstLine(said))}` }) as const
  let document: ReturnType<typeof parseDocument>
  let root: unknown
  try {
    document = parseDocument(text, { lineCounter: counter, prettyErrors: false })
    const [problem] = [...document.errors, ...document.warnings]
    if (problem !== undefined) return wrong(lineAt(problem.pos[0]), problem.message)
    root = document.toJS({ maxAliasCount: MOST_ALIASES })
  } catch (error) {
    return wrong(1, errorMessage(error))
  }
  const lineOf = (path: readonly string[]): number => {
    let spot: Spot = { node: document.contents, start: undefined }
    for (const part of path) {
      const node = isAlias(spot.node) ? spot.node.resolve(document) : spot.node
      const next = partOf(node, part)
      if (next === undefined) break
      spot = next
    }
    return lineAt(spot.start)
  }
  return { ok: true, root, lineOf }
}
