import { resolve } from 'node:path'
import type { Place } from './mistakes.ts'
import { readFile } from './read-file.ts'
import { type Found, type Layer, type ManifestContext, shownPath } from './read-layer.ts'

/** A part of a prompt, and where a place in it stands; undefined: at its key. */
export type PromptPart = Found & { readonly value: string; readonly placeOf: (offset: number) => Place | undefined }

const textOf = (found: Found): PromptPart => ({ ...found, value: String(found.value), placeOf: () => undefined })

/** A file that cannot be read is a mistake; its name then stands for its text, so that all else is still checked. */
const fileOf = (context: ManifestContext, { value, at }: Found): PromptPart => {
  const file = shownPath(context, String(value))
  const read = readFile(resolve(context.folder, String(value)))
  if (!read.ok) {
    context.mistakes.tell(at, `prompt-file: ${file}: ${read.error}`)
    return textOf({ value: file, at })
  }
  const placeOf = (offset: number) => ({ file, line: read.value.slice(0, offset).split('\n').length })
  return { value: read.value, at, placeOf }
}

/** The goal and the prompt of a session; of prompt and prompt-file the nearer one counts. */
export const promptParts = (layers: readonly Layer[], context: ManifestContext): readonly PromptPart[] => {
  const goal = layers.flatMap(({ own }) => own.get('goal') ?? [])[0]
  const nearest = layers.find(({ own }) => own.has('prompt') || own.has('prompt-file'))?.own
  const prompt = nearest?.get('prompt')
  const file = nearest?.get('prompt-file')
  const own = prompt !== undefined ? textOf(prompt) : file === undefined ? undefined : fileOf(context, file)
  return [...(goal === undefined ? [] : [textOf(goal)]), ...(own === undefined ? [] : [own])]
}
