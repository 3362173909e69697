// Writes and reads many small files and a large one below a folder; prints milliseconds. Runs on the host and in
// containers, where it is given to Node as text: node --input-type=module-typescript -e TEXT FOLDER
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'

const FOLDERS = 50
const FILES = 100
const SMALL = Buffer.alloc(2048, 'text\n')
const CHUNK = Buffer.alloc(1024 * 1024, 'more\n')
const CHUNKS = 256
const below = `${process.argv.at(-1)}/berth-touch-${process.pid}`

const eachFile = (work: (path: string) => void) => {
  for (let i = 0; i < FOLDERS; i += 1) for (let k = 0; k < FILES; k += 1) work(`${below}/${i}/${k}.txt`)
}
const timed = (work: () => void): number => {
  const from = performance.now()
  work()
  return performance.now() - from
}

const writeSmall = () => {
  for (let i = 0; i < FOLDERS; i += 1) mkdirSync(`${below}/${i}`)
  eachFile((path) => writeFileSync(path, SMALL))
}
const writeLarge = () => {
  const file = openSync(`${below}/large.bin`, 'wx')
  for (let i = 0; i < CHUNKS; i += 1) writeSync(file, CHUNK)
  fsyncSync(file)
  closeSync(file)
}
/** What was written so far is on the disk, so that the next does not pay for it. */
const settle = () => {
  const file = openSync(`${below}/settle`, 'wx')
  writeSync(file, 'x')
  fsyncSync(file)
  closeSync(file)
}
const readLarge = () => {
  const file = openSync(`${below}/large.bin`, 'r')
  while (readSync(file, CHUNK) > 0);
  closeSync(file)
}

mkdirSync(below)
const small = {
  'small-write': timed(writeSmall),
  'small-read': timed(() => eachFile((path) => readFileSync(path))),
}
settle()
const times = { ...small, 'large-write': timed(writeLarge), 'large-read': timed(readLarge) }
rmSync(below, { recursive: true })
process.stdout.write(JSON.stringify(times))
