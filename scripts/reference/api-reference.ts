import type * as z from 'zod'
import { problemAnswer } from '../../src/api/answers.ts'
import { ROUTES } from '../../src/api/contract.ts'
import type { Route } from '../../src/api/route.ts'
import { routeErrors } from '../../src/api/route-errors.ts'
import { namedTypes, schemaText } from './schema-text.ts'
import { wrapped } from './wrapped.ts'

const block = (text: string): string => `\`\`\`ts\n${text}\n\`\`\``
const code = (text: string) => `\`${text}\``

const answerText = ({ answer }: Route, named: Map<string, z.core.JSONSchema.JSONSchema>): string => {
  if ('media' in answer) return `Answer: a stream, ${answer.media.map(code).join(' or ')}.`
  if ('protocol' in answer) return `Answer: the connection changes to the protocol ${code(answer.protocol)}.`
  const text = schemaText(answer, 'output', named)
  return text.includes('\n') ? `Answer:\n\n${block(text)}` : `Answer: ${code(text)}`
}

const section = (row: Route, named: Map<string, z.core.JSONSchema.JSONSchema>): string => {
  const { method, path, does, query, body, status } = row
  const errors = routeErrors(row)
  return [
    `### ${method} ${path}`,
    wrapped(`${does} Status ${status}.`),
    ...(query === undefined ? [] : [`Query:\n\n${block(schemaText(query, 'input', named))}`]),
    ...(body === undefined ? [] : [`Body:\n\n${block(schemaText(body, 'input', named))}`]),
    answerText(row, named),
    ...(errors.length === 0 ? [] : [wrapped(`Errors: ${errors.map(code).join(', ')}`)]),
  ].join('\n\n')
}

/** The reference of the API, out of the table of routes. */
export const apiReference = (): string => {
  const named = new Map<string, z.core.JSONSchema.JSONSchema>()
  const routes = Object.values<Route>(ROUTES)
  const sections = routes.map((row) => section(row, named))
  schemaText(problemAnswer, 'output', named)
  const rows = routes.map(({ method, path, does }) => `| ${code(`${method} ${path}`)} | ${does} |`)
  return [
    ['| Route | What it does |', '| --- | --- |', ...rows].join('\n'),
    '## Routes',
    ...sections,
    '## Types',
    block(namedTypes(named).join('\n\n')),
  ].join('\n\n')
}
