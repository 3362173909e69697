import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { closeSync, existsSync, mkdirSync, openSync, readSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { type LfsPointer, objectPath, POINTER_BYTES, parsePointer, pointerText } from '../domain/lfs-pointer.ts'

/** Most bytes in one packet of git's. */
const PACKET = 65_516
const HEAD = 4

/** Git's packets on stdin and stdout; gitattributes(5), "Long Running Filter Process". */
const packets = () => {
  /** False: the input has ended before the first byte. */
  const fill = (into: Buffer): boolean => {
    for (let at = 0; at < into.length; ) {
      const read = readSync(0, into, at, into.length - at, null)
      if (read === 0 && at === 0) return false
      if (read === 0) throw new Error('the input ended in a packet')
      at += read
    }
    return true
  }
  /** Null: a flush packet. Undefined: the end. */
  const next = (): Buffer | null | undefined => {
    const head = Buffer.alloc(HEAD)
    if (!fill(head)) return undefined
    const length = Number.parseInt(head.toString('latin1'), 16)
    if (length === 0) return null
    if (!(length >= HEAD)) throw new Error('the input is no packet')
    const data = Buffer.alloc(length - HEAD)
    fill(data)
    return data
  }
  const write = (bytes: Buffer): void => {
    for (let at = 0; at < bytes.length; ) at += writeSync(1, bytes, at)
  }
  const send = (data: Buffer): void => {
    for (let at = 0; at < data.length; at += PACKET) {
      const part = data.subarray(at, at + PACKET)
      write(Buffer.from((part.length + HEAD).toString(16).padStart(HEAD, '0')))
      write(part)
    }
  }
  const flush = () => write(Buffer.from('0000'))
  const lines = (...texts: readonly string[]): void => {
    for (const text of texts) send(Buffer.from(`${text}\n`))
    flush()
  }
  /** Lines up to a flush; undefined: the end. */
  const heard = (): readonly string[] | undefined => {
    const all: string[] = []
    for (;;) {
      const data = next()
      if (data === undefined) return undefined
      if (data === null) return all
      all.push(data.toString().replace(/\n$/, ''))
    }
  }
  function* content(): Generator<Buffer> {
    for (let data = next(); data !== null; data = next()) {
      if (data === undefined) throw new Error('the input ended in a file')
      yield data
    }
  }
  return { send, flush, lines, heard, content }
}

type Packets = ReturnType<typeof packets>
type Stores = {
  /** Folders that have objects. */
  readonly from: () => readonly string[]
  /** Where new ones go; null: nowhere. */
  readonly to: () => string | null
}

/** A folder of a repository for files of Git LFS, as git-lfs has it. */
const ownStore = (): string =>
  resolve(execFileSync('git', ['rev-parse', '--git-common-dir'], { encoding: 'utf8' }).replace(/\n$/, ''), 'lfs')

const storesOf = (given: string, mirrors: readonly string[]): Stores => {
  const shared = mirrors.map((mirror) => join(mirror, 'lfs'))
  if (given === '-') return { from: () => shared, to: () => null }
  let asked: string | undefined
  const own = (): string => {
    asked ??= given === '.' ? ownStore() : given
    return asked
  }
  return { from: () => [...shared, own()], to: own }
}

const placeOf = (store: string, { oid }: LfsPointer): string => join(store, 'objects', objectPath(oid))

const findObject = ({ from }: Stores, pointer: LfsPointer): string | undefined =>
  from()
    .map((store) => placeOf(store, pointer))
    .find((path) => existsSync(path))

/** Puts a file's content aside while its digest is made. */
const writer = (store: string | null) => {
  if (store === null) return { write: () => {}, keep: () => {}, drop: () => {} }
  mkdirSync(join(store, 'tmp'), { recursive: true })
  const path = join(store, 'tmp', `berth-${process.pid}`)
  const file = openSync(path, 'w', 0o644)
  return {
    write(bytes: Buffer) {
      for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at)
    },
    keep(to: string) {
      closeSync(file)
      mkdirSync(dirname(to), { recursive: true })
      renameSync(path, to)
    },
    drop() {
      closeSync(file)
      rmSync(path, { force: true })
    },
  }
}

/** The pointer of a file's content; its content itself where that is a pointer or nothing. */
const clean = ({ content }: Packets, stores: Stores): Buffer => {
  const digest = createHash('sha256')
  const first: Buffer[] = []
  let size = 0
  let out: ReturnType<typeof writer> | undefined
  for (const bytes of content()) {
    digest.update(bytes)
    size += bytes.length
    if (out === undefined && size <= POINTER_BYTES) first.push(bytes)
    else {
      out ??= ahead(writer(stores.to()), first)
      out.write(bytes)
    }
  }
  const begin = Buffer.concat(first)
  if (out === undefined && (size === 0 || parsePointer(begin.toString('latin1')) !== undefined)) return begin
  const pointer = { oid: digest.digest('hex'), size }
  keep(out ?? ahead(writer(stores.to()), first), stores, pointer)
  return Buffer.from(pointerText(pointer))
}

const ahead = (out: ReturnType<typeof writer>, first: readonly Buffer[]): ReturnType<typeof writer> => {
  for (const bytes of first) out.write(bytes)
  return out
}

const keep = (out: ReturnType<typeof writer>, stores: Stores, pointer: LfsPointer): void => {
  const to = stores.to()
  if (to === null) return
  if (findObject(stores, pointer) === undefined) out.keep(placeOf(to, pointer))
  else out.drop()
}

/** Sends the content of a pointer; the pointer itself where nobody has its content. */
const smudge = ({ content, lines, send }: Packets, stores: Stores): void => {
  const given = Buffer.concat([...content()])
  lines('status=success')
  const pointer = given.length <= POINTER_BYTES ? parsePointer(given.toString('latin1')) : undefined
  const object = pointer && findObject(stores, pointer)
  if (object === undefined) {
    send(given)
    return
  }
  const file = openSync(object, 'r')
  try {
    const piece = Buffer.alloc(PACKET)
    for (let read = readSync(file, piece); read > 0; read = readSync(file, piece)) send(piece.subarray(0, read))
  } finally {
    closeSync(file)
  }
}

/** Answers git's questions for contents until git ends; `LFS` says what the words are. */
export const lfsFilter = (store: string, mirrors: readonly string[]): void => {
  const git = packets()
  const stores = storesOf(store, mirrors)
  git.heard()
  git.lines('git-filter-server', 'version=2')
  git.heard()
  git.lines('capability=clean', 'capability=smudge')
  for (let asked = git.heard(); asked !== undefined; asked = git.heard()) {
    if (asked.includes('command=clean')) {
      const pointer = clean(git, stores)
      git.lines('status=success')
      git.send(pointer)
    } else smudge(git, stores)
    git.flush()
    git.flush()
  }
}
