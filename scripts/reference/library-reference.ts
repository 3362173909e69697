import { type Declaration, declarations } from '../declarations.ts'
import { wrapped } from './wrapped.ts'

const code = (text: string) => `\`\`\`ts\n${text}\n\`\`\``

const section = ({ name, doc, example, text }: Declaration): string =>
  [`### ${name}`, wrapped(doc), code(text), 'Example:', code(example)].join('\n\n')

/** What events.md and configuration.md describe. */
const ELSEWHERE = ['src/domain/event.ts', 'src/domain/request.ts']

/** A section for each export of the library, functions and classes first, and the types that they name. */
export const libraryReference = (root: string): string => {
  const all = declarations(root)
  const exported = all.filter((one) => one.exported)
  const isValue = ({ text }: Declaration) => /^(const|class) /.test(text)
  const sections = [...exported.filter(isValue), ...exported.filter((one) => !isValue(one))].map(section)
  const others = all.filter(({ exported, path, name }) => !exported && !ELSEWHERE.includes(path) && name !== 'ExitName')
  const rest = others.map(({ doc, text }) => (doc === '' ? text : `${wrapped(doc).replace(/^/gm, '// ')}\n${text}`))
  return [...sections, '### Types without an export', code(rest.join('\n\n'))].join('\n\n')
}
