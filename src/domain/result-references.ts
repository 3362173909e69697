import { didYouMean } from '../std/suggest.ts'

/** What a prompt may take of another task. */
export const RESULT_FIELDS = ['text', 'files', 'branch', 'commits', 'json'] as const

export type ResultField = (typeof RESULT_FIELDS)[number]

/** A place in a prompt that stands for a result of another task. */
export type ResultReference = {
  readonly offset: number
  /** The whole of it, with its braces. */
  readonly whole: string
  /** The name of the other task; empty if the reference has none. */
  readonly session: string
  /** Undefined if there is none such: `problem` says why. */
  readonly field: ResultField | undefined
  readonly problem: string | undefined
}

const REFERENCE = /\{\{\s*results\b([^{}]*)\}\}/g

const isField = (text: string | undefined): text is ResultField => RESULT_FIELDS.some((one) => one === text)

const problemOf = (whole: string, field: string | undefined): string | undefined => {
  if (isField(field)) return undefined
  const shown = whole.slice(0, 80)
  if (field === undefined) return `${shown}: write {{results.ID.FIELD}}`
  return `${shown}: there is no field "${field}"; there are ${RESULT_FIELDS.join(', ')}${didYouMean(field, RESULT_FIELDS)}`
}

/** Every `{{results.ID.FIELD}}` of a prompt; other text in braces is the prompt's own. */
export const resultReferences = (text: string): readonly ResultReference[] =>
  [...text.matchAll(REFERENCE)].map((match) => {
    const [whole, rest = ''] = match
    const [, session = '', field] = /^\.([^.\s]+)\.([^.\s]+)\s*$/.exec(rest) ?? []
    const known = isField(field) ? field : undefined
    return { offset: match.index, whole, session, field: known, problem: problemOf(whole, field) }
  })
