import type { SpawnResult } from '../std/spawn.ts'

const MOST = 1000
const NOISE = /^(hint:|warning: redirecting to|Counting |Compressing |Writing |Delta |Total |Enumerating )/
const PROGRESS = /^(remote: )?(Counting|Compressing|Enumerating|Resolving|Receiving|Writing) [a-z]+: /

/** What git said, for an error message: without progress, hints, credentials and terminal control, at most so many letters. */
export const gitWords = (result: Pick<SpawnResult, 'stderr' | 'end'>, limitMs?: number, most = MOST): string => {
  if (result.end === 'limit') return `no answer in ${Math.round((limitMs ?? 0) / 1000)} s`
  const lines = result.stderr
    .split(/[\r\n]+/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && line !== 'remote:' && !NOISE.test(line) && !PROGRESS.test(line))
  const text = redactUrls(lines.join('\n'))
  return text.length > most ? `${text.slice(0, most)}...` : text === '' ? 'git said nothing' : text
}

/** Credentials that insteadOf or a redirect put into a URL. A plain user name of ssh stays. */
export const redactUrls = (text: string): string =>
  text
    .replace(/\b(https?:\/\/)[^\s/@'"]+@/gi, '$1***@')
    .replace(/\b([a-z+]+:\/\/)[^\s/@'":]*:[^\s/@'"]*@/gi, '$1***@')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: a remote's message may hold terminal sequences
    .replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, '')
