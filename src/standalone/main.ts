// The program of the image that works without Berth: node standalone.cjs [--help]. Variables say what to do.

import { styleText } from 'node:util'
import { stopSwitch } from '../inside/stop-switch.ts'
import { definedVariables } from '../std/defined-variables.ts'
import { plain } from '../views/style.ts'
import { EXIT_CODES } from './exit-codes.ts'
import { HELP } from './help-text.ts'
import { placesIn } from './places.ts'
import { standalone } from './standalone.ts'

const env = definedVariables(process.env)
const { stdin, stdout, stderr } = process
const [word] = process.argv.slice(2)

const run = () => {
  // Who reads them may go; the outputs are written all the same.
  for (const stream of [stdout, stderr]) stream.on('error', () => {})
  return standalone({
    env,
    places: placesIn(env),
    stop: stopSwitch(),
    hasTerminal: stdin.isTTY === true && stdout.isTTY === true,
    style:
      stdout.isTTY && !env['NO_COLOR'] ? (format, text) => styleText(format, text, { validateStream: false }) : plain,
    print: (line) => stdout.destroyed || stdout.write(`${line}\n`),
    drained: (listener) => stdout.on('drain', listener).on('close', listener),
    complain: (line) => stderr.write(`${line}\n`),
    now: () => new Date(),
  })
}

const ended = (code: number) => {
  process.exitCode = code
}

if (word === undefined)
  run().then(ended, (error: unknown) => {
    stderr.write(`berth: ${error instanceof Error ? error.stack : String(error)}\n`)
    ended(1)
  })
else if (word === '--help' || word === '-h') stdout.write(HELP)
else {
  stderr.write(`berth: ${word} is unknown. Give --help, a program, or nothing.\n`)
  ended(EXIT_CODES.input)
}
