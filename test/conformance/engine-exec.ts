import { describe, expect, it } from 'vitest'
import { type EngineUnderTest, engineBench, failure, textOf } from './engine-bench.ts'

const pipes = (under: EngineUnderTest): void => {
  it('pipes 300 kB through and sees the end of its input', async () => {
    await using bench = await engineBench(under)
    const { id } = await bench.run('sleep 60')
    const session = await bench.engine.exec(id, { argv: ['sh', '-c', 'cat; echo end >&2'] }, bench.signal)
    const data = 'abc\n'.repeat(75_000)
    await session.write(data)
    session.end()
    const { stdout, stderr } = await textOf(session.output)
    expect(stdout === data).toBe(true)
    expect(stderr).toBe('end\n')
    expect(await session.exit()).toBe(0)
  })

  it.each([0, 7])('tells exit code %d', async (code) => {
    await using bench = await engineBench(under)
    const { id } = await bench.run('sleep 60')
    const session = await bench.engine.exec(id, { argv: ['sh', '-c', `exit ${code}`] }, bench.signal)
    await textOf(session.output)
    expect(await session.exit()).toBe(code)
  })

  it('sets environment and folder', async () => {
    await using bench = await engineBench(under)
    const { id } = await bench.run('sleep 60')
    const options = { argv: ['sh', '-c', 'echo $A; pwd; id -u'], env: { A: 'b c' }, workdir: '/tmp' }
    const session = await bench.engine.exec(id, options, bench.signal)
    expect((await textOf(session.output)).stdout).toBe(`b c\n/tmp\n${under.caller.uid}\n`)
  })

  it('types nothing of its own into the program’s input', async () => {
    await using bench = await engineBench(under)
    const { id } = await bench.run('sleep 60')
    const session = await bench.engine.exec(id, { argv: ['od', '-c'] }, bench.signal)
    session.end()
    expect((await textOf(session.output)).stdout).toBe('0000000\n')
  })
}

const detached = (under: EngineUnderTest): void => {
  it('starts a command that nobody waits for, and leaves it alone', async () => {
    await using bench = await engineBench(under)
    const { id } = await bench.run('sleep 60')
    const file = `/tmp/berth-detached-${crypto.randomUUID()}`
    const script = `echo $A $(id -u); pwd; sleep 0.3; echo end`
    const options = { argv: ['sh', '-c', `(${script}) >${file}`], env: { A: 'b' }, workdir: '/tmp' }
    await bench.engine.execDetached(id, options, bench.signal)
    const read = async () => {
      const session = await bench.engine.exec(id, { argv: ['cat', file] }, bench.signal)
      return (await textOf(session.output)).stdout
    }
    await expect.poll(read, { timeout: 20_000 }).toBe(`b ${under.caller.uid}\n/tmp\nend\n`)
    await textOf((await bench.engine.exec(id, { argv: ['rm', file] }, bench.signal)).output)
  })

  it('starts no such command in a container that is over', async () => {
    await using bench = await engineBench(under)
    const { id } = await bench.finish('true')
    const options = { argv: ['true'] }
    expect(await failure(bench.engine.execDetached(id, options, bench.signal))).toMatchObject({ code: 'engine-error' })
  })
}

const terminal = (under: EngineUnderTest): void => {
  it('gives a terminal of the asked size, and resizes it', async () => {
    await using bench = await engineBench(under)
    const { id } = await bench.run('sleep 60')
    const script = 'read go; stty size; read go; stty size; exit 5'
    const tty = { columns: 101, rows: 31 }
    const session = await bench.engine.exec(id, { argv: ['sh', '-c', script], tty }, bench.signal)
    let text = ''
    let resized = false
    await session.write('\n')
    for await (const { data } of session.output) {
      text += data.toString()
      if (resized || !text.includes('31 101')) continue
      resized = true
      await session.resize(77, 22)
      await session.write('\n')
    }
    expect(text).toMatch(/31 101[\s\S]*22 77/)
    expect(await session.exit()).toBe(5)
  })

  it('fails by name where there is nothing to run it in', async () => {
    await using bench = await engineBench(under)
    const { id } = await bench.finish('true')
    const options = { argv: ['true'] }
    expect(await failure(bench.engine.exec(id, options, bench.signal))).toMatchObject({ code: 'engine-error' })
    const gone = failure(bench.engine.exec('berth-no-such', options, bench.signal))
    expect(await gone).toMatchObject({ code: 'engine-error' })
  })

  it('is given up by its signal', async () => {
    await using bench = await engineBench(under)
    const { id } = await bench.run('sleep 60')
    const stop = new AbortController()
    const session = await bench.engine.exec(id, { argv: ['sleep', '60'] }, stop.signal)
    const reading = failure(textOf(session.output))
    stop.abort(new Error('enough'))
    expect((await reading).message).toBe('enough')
    expect((await failure(session.exit())).code).not.toBe('none')
  })
}

export const engineExecTests = (under: EngineUnderTest): void => {
  describe('exec', () => {
    pipes(under)
    detached(under)
    terminal(under)
  })
}
