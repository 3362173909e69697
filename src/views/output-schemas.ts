import * as z from 'zod'
import { stateFile } from '../domain/state-file.ts'
import { transcriptLine } from '../domain/transcript-line.ts'

const schemaOf = (title: string, schema: z.ZodType) => ({
  title,
  ...z.toJSONSchema(schema, { target: 'draft-7' }),
})

/** The JSON Schema of state.json. A later version of Berth may add keys. */
export const stateSchema = () => ({
  ...schemaOf('state.json of a task of Berth', stateFile),
  additionalProperties: true,
})

/** The JSON Schema of a line of transcript.ndjson. */
export const transcriptSchema = () => ({
  ...schemaOf('A line of transcript.ndjson of a task of Berth', transcriptLine),
  additionalProperties: true,
})
