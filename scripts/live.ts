// Tries with real keys and logins what the tests can only fake, and writes down what differed: make live.
// AGENTS=codex,claude: only these. OUT: the report's folder. All other settings are Berth's own.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { berthCommand } from './live/cli.ts'
import { type Credential, credentialName, findCredentials } from './live/credentials.ts'
import { type Report, reportFiles } from './live/report.ts'
import { secretBook } from './live/secrets.ts'
import { STEPS, trySteps } from './live/steps.ts'

const words = (text = '') => text.split(/[\s,]+/).filter((word) => word !== '')
const out = process.env['OUT'] ?? 'live-report'

const folder = mkdtempSync(join(tmpdir(), 'berth-live-'))
const secrets = secretBook()
const say = (line: string) => void process.stdout.write(`${secrets.hideWords(line)}\n`)

/** The command with the settings of a credential. */
const cliFor = ({ kind, name }: Credential) => berthCommand(folder, { BERTH_LOGIN: kind === 'login' ? name : 'none' })
const cli = berthCommand(folder, {})

try {
  const { found, missing } = await findCredentials(cli, secrets, words(process.env['AGENTS']))
  if (found.length === 0) {
    say('There is no key and no login, so nothing was tried. With one, these would be:')
    for (const [name, about] of STEPS) say(`  ${name}: ${about}`)
    for (const one of missing) say(`  ${one}`)
  } else {
    const tried: Report['tried'][number][] = []
    for (const credential of found) {
      say(credentialName(credential))
      const findings = await trySteps({ cli: cliFor(credential), secrets, credential })
      for (const { step, result, words: told } of findings) say(`  ${step}: ${result}, ${told}`)
      tried.push({ credential: credentialName(credential), findings })
    }
    const versions = (await cli('version')).stdout
      .trim()
      .split(/\s*\n\s*/)
      .join(', ')
    const { markdown, json } = reportFiles({ at: new Date().toISOString(), versions, tried, missing }, secrets)
    mkdirSync(out, { recursive: true })
    writeFileSync(join(out, 'report.md'), markdown, { mode: 0o600 })
    writeFileSync(join(out, 'report.json'), json, { mode: 0o600 })
    process.stdout.write(`The report is in ${out}.\n`)
    if (tried.some(({ findings }) => findings.some(({ result }) => result === 'failed'))) process.exitCode = 1
  }
} finally {
  rmSync(folder, { recursive: true })
}
