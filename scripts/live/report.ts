import type { Finding } from './finding.ts'
import type { SecretBook } from './secrets.ts'

export type Report = {
  readonly at: string
  readonly versions: string
  readonly tried: readonly { readonly credential: string; readonly findings: readonly Finding[] }[]
  /** What could not be tried, and what would make it possible. */
  readonly missing: readonly string[]
}

const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll(/\s+/g, ' ')

const details = ({ step, differences, limits }: Finding): readonly string[] => [
  ...(differences.length === 0 ? [] : ['', `What differs (${step}):`, '', ...differences.map((one) => `- \`${one}\``)]),
  ...(Object.keys(limits).length === 0 ? [] : ['', 'Limits:', '']),
  ...Object.entries(limits).map(([name, value]) => `- \`${name}: ${value}\``),
]

const section = ({ credential, findings }: Report['tried'][number]): readonly string[] => [
  '',
  `## ${credential}`,
  '',
  '| Step | Result | |',
  '| --- | --- | --- |',
  ...findings.map(({ step, result, words }) => `| ${step} | ${result} | ${cell(words)} |`),
  ...findings.flatMap(details),
]

const markdown = ({ at, versions, tried, missing }: Report): string =>
  [
    '# What the real services did',
    '',
    `${at}, ${versions}. Every secret is masked.`,
    ...tried.flatMap(section),
    ...(missing.length === 0 ? [] : ['', '## Not tried', '', ...missing.map((one) => `- ${one}`)]),
    '',
  ].join('\n')

/** A finding without secrets: strangers' words lose all that looks like one, names only what is one. */
const hidden = (finding: Finding, secrets: SecretBook): Finding => ({
  ...finding,
  words: secrets.hideWords(finding.words),
  differences: finding.differences.map(secrets.hide),
  limits: Object.fromEntries(
    Object.entries(finding.limits).map(([name, value]) => [secrets.hide(name), secrets.hideWords(value)]),
  ),
})

/** The report as files: for people and for programs. No secret that came by is in them. */
export const reportFiles = (
  report: Report,
  secrets: SecretBook,
): { readonly markdown: string; readonly json: string } => {
  const tried = report.tried.map(({ credential, findings }) => ({
    credential: secrets.hide(credential),
    findings: findings.map((finding) => hidden(finding, secrets)),
  }))
  const shown = { ...report, tried }
  return { markdown: secrets.hide(markdown(shown)), json: `${secrets.hide(JSON.stringify(shown, null, 2))}\n` }
}
