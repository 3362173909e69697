import type { FrameBody } from '../domain/worker-protocol.ts'

const WORDS = 3000
const MOST_NAMES = 1000

/** Bytes of a text as a frame carries it: escaped to ASCII. */
const cost = (text: string) => {
  let sum = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    sum += code < 0x20 || code > 0x7e ? 6 : code === 0x22 || code === 0x5c ? 2 : 1
  }
  return sum
}

const clip = (text: string, budget: number) => {
  if (cost(text) <= budget) return text
  let end = 0
  for (let left = budget - 3; end < text.length; end++) {
    left -= cost(text.charAt(end))
    if (left < 0) break
  }
  return `${text.slice(0, end).toWellFormed()}...`
}

/** The first names that fit, and how many do not. */
const fitNames = (names: readonly string[], budget: number): [kept: readonly string[], left: number] => {
  let left = budget
  const end = names.slice(0, MOST_NAMES).findIndex((name) => {
    left -= cost(name) + 3
    return left < 0
  })
  const kept = end < 0 ? names.slice(0, MOST_NAMES) : names.slice(0, end)
  return [kept, names.length - kept.length]
}

/** Cuts what may be of any length, so that the frame stays within one line of an engine's log. */
export const fitFrame = (body: FrameBody, budget: number): FrameBody => {
  if (body.k === 'out') return body
  if (body.k === 'fail') return { ...body, message: clip(body.message, WORDS) }
  if (body.k === 'agent-end' && body.message !== undefined) return { ...body, message: clip(body.message, WORDS) }
  if (body.k === 'conflict') {
    const at = clip(body.at, WORDS / 3)
    return { ...body, at, files: fitNames(body.files, budget - cost(at) - 200)[0] }
  }
  if (body.k !== 'work') return body
  const problem = body.problem === undefined ? {} : { problem: clip(body.problem, WORDS / 3) }
  const unkept = body.unkept === undefined ? {} : { unkept: fitNames(body.unkept, budget / 4)[0] }
  const bare = { ...body, branches: [], uncommitted: [], ...problem, ...unkept }
  const room = budget - cost(JSON.stringify(bare)) - 20
  const [branches] = fitNames(body.branches, room / 3)
  const [uncommitted, left] = fitNames(body.uncommitted, (room * 2) / 3)
  return { ...bare, branches, uncommitted, ...(left > 0 && { left }) }
}
