import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { makeEmptyBare } from '../test/fixtures/remotes/make-repository.ts'

const A_FOLDER = 100

/** A bare repository with one commit of so many small files, a hundred a folder, on `main`. */
export const makeTree = async (path: string, files: number): Promise<string> => {
  makeEmptyBare(path)
  const child = spawn('git', ['fast-import', '--quiet'], { cwd: path, stdio: ['pipe', 'ignore', 'inherit'] })
  child.stdin.write('commit refs/heads/main\ncommitter Bench <bench@localhost> 1700000000 +0000\ndata 5\nfirst\n')
  for (let n = 0; n < files; n += 1) {
    const text = `file ${n}\n`.repeat(60)
    const head = `M 100644 inline src/${Math.floor(n / A_FOLDER)}/${n}.txt\ndata ${text.length}\n`
    if (!child.stdin.write(`${head}${text}\n`)) await once(child.stdin, 'drain')
  }
  child.stdin.end()
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`fast-import ended with ${code}`)
  return path
}
