import { runInNewContext } from 'node:vm'
import { Ajv, type ErrorObject, type Options } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { errorMessage } from '../../std/error-message.ts'
import { type Parsed, parsed, unparsed } from '../../std/parsed.ts'

type Schema = Readonly<Record<string, unknown>>

/** A pattern of the schema can take any time on a text that an agent wrote. */
const CHECK_MS = 1000
const MOST_PROBLEMS = 10
const MOST_WORDS = 300

const OPTIONS: Options = {
  allErrors: true,
  // An unknown keyword is a mistake of spelling.
  strictSchema: true,
  strictTypes: false,
  strictTuples: false,
  strictRequired: false,
  // In JSON Schema a format is a remark.
  validateFormats: false,
  // What every object has by itself is no property of the agent's.
  ownProperties: true,
  logger: false,
}

const DRAFT_7 = /^http:\/\/json-schema\.org\/draft-07\/schema#?$/

const limited = <T>(run: () => T): T => runInNewContext('run()', { run }, { timeout: CHECK_MS }) as T

const compile = (schema: Schema) =>
  (DRAFT_7.test(String(schema['$schema'])) ? new Ajv(OPTIONS) : new Ajv2020(OPTIONS)).compile(schema)

const wordsOf = (error: unknown): string => {
  if (error instanceof RangeError) return 'it is nested too deeply'
  const { code } = error as NodeJS.ErrnoException
  return code === 'ERR_SCRIPT_EXECUTION_TIMEOUT' ? `its check takes more than ${CHECK_MS} ms` : errorMessage(error)
}

/** Why a value is no JSON Schema that Berth can check; null if it is one. */
export const schemaProblem = (schema: Schema): string | null => {
  if (schema['$async'] !== undefined) return '$async is not a keyword of JSON Schema'
  try {
    limited(() => compile(schema))
    return null
  } catch (error) {
    return wordsOf(error).slice(0, MOST_WORDS)
  }
}

/** What the words of a problem leave out: which property is one too many, which values are allowed. */
const detailOf = ({ params }: ErrorObject): string => {
  const { additionalProperty, unevaluatedProperty, propertyName, allowedValues, allowedValue } = params as Record<
    string,
    unknown
  >
  const detail = additionalProperty ?? unevaluatedProperty ?? propertyName ?? allowedValues ?? allowedValue
  return detail === undefined ? '' : `: ${JSON.stringify(detail)}`
}

const problemOf = (error: ErrorObject): string =>
  `${error.instancePath || '/'} ${error.message}${detailOf(error)}`.slice(0, MOST_WORDS)

/** Checks a value. The error has a line for each problem. */
export const checkValue = (schema: Schema, value: unknown): Parsed<unknown> => {
  try {
    const problems = limited(() => {
      const check = compile(schema)
      return check(value) ? [] : (check.errors ?? [])
    })
    if (problems.length === 0) return parsed(value)
    const more = problems.length - MOST_PROBLEMS
    const lines = problems.slice(0, MOST_PROBLEMS).map(problemOf)
    return unparsed([...lines, ...(more > 0 ? [`and ${more} more problems`] : [])].join('\n'))
  } catch (error) {
    return unparsed(wordsOf(error).slice(0, MOST_WORDS))
  }
}
