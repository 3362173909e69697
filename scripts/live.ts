// Tries with real keys and logins what the tests can only fake, and writes down what differed: make live.
// AGENTS=codex,claude: only these. GITHUB=OWNER/NAME: the repository to try the GitHub App on. OUT: the report's folder.
// All other settings are Berth's own.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { berthCommand } from './live/cli.ts'
import { type Credential, credentialName, findCredentials } from './live/credentials.ts'
import { failedStep } from './live/finding.ts'
import { GITHUB_STEPS } from './live/github/steps.ts'
import { tryGitHub } from './live/github/try-github.ts'
import { type Report, reportFiles } from './live/report.ts'
import { secretBook } from './live/secrets.ts'
import { STEPS, trySteps } from './live/steps.ts'

type Tried = Report['tried'][number]

const words = (text = '') => text.split(/[\s,]+/).filter((word) => word !== '')
const { OUT: out = 'live-report', AGENTS, GITHUB } = process.env
const env = Object.fromEntries(Object.entries(process.env).map(([name, value]) => [name, value ?? '']))

const folder = mkdtempSync(join(tmpdir(), 'berth-live-'))
const secrets = secretBook()
const say = (line: string) => void process.stdout.write(`${secrets.hideWords(line)}\n`)

/** The command with the settings of a credential. */
const cliFor = ({ kind, name }: Credential) => berthCommand(folder, { BERTH_LOGIN: kind === 'login' ? name : 'none' })
const cli = berthCommand(folder, {})

const tell = (tried: Tried): Tried => {
  say(tried.credential)
  for (const { step, result, words: told } of tried.findings) say(`  ${step}: ${result}, ${told}`)
  return tried
}

const sayNothingTried = (missing: readonly string[]): void => {
  say('There is no key and no login, so nothing was tried. With one, these would be:')
  for (const [name, about] of STEPS) say(`  ${name}: ${about}`)
  say('With a GitHub App, or a token of GitHub:')
  for (const [name, about] of GITHUB_STEPS) say(`  ${name}: ${about}`)
  for (const one of missing) say(`  ${one}`)
}

const writeReport = async (tried: readonly Tried[], missing: readonly string[]): Promise<void> => {
  const versions = (await cli('version')).stdout
    .trim()
    .split(/\s*\n\s*/)
    .join(', ')
  const { markdown, json } = reportFiles({ at: new Date().toISOString(), versions, tried, missing }, secrets)
  mkdirSync(out, { recursive: true })
  writeFileSync(join(out, 'report.md'), markdown, { mode: 0o600 })
  writeFileSync(join(out, 'report.json'), json, { mode: 0o600 })
  process.stdout.write(`The report is in ${out}.\n`)
}

try {
  const { found, missing } = await findCredentials(cli, secrets, words(AGENTS))
  const tried: Tried[] = []
  for (const credential of found) {
    const findings = await trySteps({ cli: cliFor(credential), secrets, credential })
    tried.push(tell({ credential: credentialName(credential), findings }))
  }
  const github = await tryGitHub({ repository: GITHUB, folder, secrets, env }).catch((error: unknown) => ({
    credential: 'GitHub',
    findings: [failedStep('settings', error)],
  }))
  const lacking = 'missing' in github ? [...missing, github.missing] : missing
  if (!('missing' in github)) tried.push(tell(github))
  if (tried.length === 0) sayNothingTried(lacking)
  else await writeReport(tried, lacking)
  if (tried.some(({ findings }) => findings.some(({ result }) => result === 'failed'))) process.exitCode = 1
} finally {
  rmSync(folder, { recursive: true })
}
