import { parseTarget } from '../domain/network/parse-target.ts'
import { PROJECT_FILE, type ProjectRules } from '../domain/network/project.ts'
import { parseTable } from './parse-table.ts'
import { fileMistake } from './read-section.ts'
import { tomlLines } from './toml-lines.ts'

const MOST_RULES = 100
const KEYS = ['deny', 'allow'] as const

/**
 * Reads `.berth/config.toml` of a repository. A stranger may have written it: it has `deny`, and `allow` as a wish, and
 * nothing else. BerthError config-invalid with file and line.
 */
export const parseProjectFile = (toml: string): ProjectRules => {
  const table = parseTable(toml, PROJECT_FILE)
  const lineOf = tomlLines(toml)
  const rules = { deny: [] as readonly string[], allow: [] as readonly string[] }
  for (const [name, value] of Object.entries(table)) {
    const mistake = (words: string) => fileMistake(PROJECT_FILE, lineOf([name]), words)
    const key = KEYS.find((one) => one === name)
    if (key === undefined)
      throw mistake(
        `a repository may not set ${JSON.stringify(name.slice(0, 80))}: it may have deny, and allow for what it wishes`,
      )
    if (!Array.isArray(value) || !value.every((one) => typeof one === 'string'))
      throw mistake(`${key}: expected a list of rules, like ["npm", "example.org:8443"]`)
    if (value.length > MOST_RULES) throw mistake(`${key}: at most ${MOST_RULES} rules`)
    rules[key] = value.map((target) => {
      const read = parseTarget(target, 'project', key)
      if (!read.ok) throw mistake(`${key}: ${read.error}`)
      return read.value[0]?.target ?? target
    })
  }
  return rules
}
