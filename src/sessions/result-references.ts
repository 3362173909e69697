import { didYouMean } from '../std/suggest.ts'

/** What a prompt may take of another session. */
export const RESULT_FIELDS = ['text', 'files', 'branch', 'commits'] as const

/** A place in a prompt that stands for a result, or for none: `problem` says why. */
export type ResultReference = {
  readonly offset: number
  readonly session: string
  readonly problem: string | undefined
}

const REFERENCE = /\{\{\s*results\b([^{}]*)\}\}/g

const problemOf = (whole: string, field: string | undefined): string | undefined => {
  if (field === undefined) return `${whole}: write {{results.ID.FIELD}}`
  if (field === 'json') return `${whole}: Berth does not know typed results yet`
  if (RESULT_FIELDS.some((one) => one === field)) return undefined
  return `${whole}: there is no field "${field}"; there are ${RESULT_FIELDS.join(', ')}${didYouMean(field, RESULT_FIELDS)}`
}

/** Every `{{results.ID.FIELD}}` of a prompt; other text in braces is the prompt's own. */
export const resultReferences = (text: string): readonly ResultReference[] =>
  [...text.matchAll(REFERENCE)].map((match) => {
    const [whole, rest = ''] = match
    const [, session = '', field] = /^\.([^.\s]+)\.([^.\s]+)\s*$/.exec(rest) ?? []
    return { offset: match.index, session, problem: problemOf(whole.slice(0, 80), field) }
  })
