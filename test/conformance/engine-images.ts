import { describe, expect, it } from 'vitest'
import { type EngineUnderTest, engineBench, failure } from './engine-bench.ts'

export const engineImageTests = (under: EngineUnderTest): void => {
  describe('info and images', () => {
    it('says what it is', async () => {
      await using bench = await engineBench(under)
      expect(bench.info.version).toMatch(/^\d+\.\d+/)
      expect(bench.info.apiVersion).toMatch(/^1\.\d+$/)
      expect(['amd64', 'arm64']).toContain(bench.info.architecture)
      expect(await bench.engine.info()).toBe(bench.info)
    })

    it('knows an image by name, in full', async () => {
      await using bench = await engineBench(under)
      const found = await bench.engine.image(under.image)
      expect(found).toMatchObject({ architecture: bench.info.architecture, os: 'linux' })
      expect(found?.id).toMatch(/^sha256:[0-9a-f]{64}$/)
      expect(found?.sizeBytes).toBeGreaterThan(1_000_000)
      expect(await bench.engine.image(found?.id ?? '')).toMatchObject({ id: found?.id })
      const [[name, value] = ['', '']] = Object.entries(found?.labels ?? {})
      const same = await bench.engine.images({ [name]: value })
      expect(same.map(({ id }) => id)).toContain(found?.id)
      expect(await bench.engine.images({ [name]: 'no-such-value' })).toEqual([])
    })

    it('tells a missing image from a bad name', async () => {
      await using bench = await engineBench(under)
      expect(await bench.engine.image('berth-no-such-image:1')).toBeUndefined()
      for (const bad of ['Bad:::x', '../containers', '-x', '', 'a b']) {
        expect(await failure(bench.engine.image(bad))).toMatchObject({ code: 'bad-image' })
      }
      const create = failure(bench.engine.create(bench.spec('true', { image: 'berth-no-such-image:1' })))
      expect(await create).toMatchObject({ code: 'image-missing' })
      expect(await bench.engine.list(bench.labels)).toEqual([])
    })

    it('tells in the engine’s words why a pull failed', async () => {
      await using bench = await engineBench(under)
      const pull = async (reference: string) => {
        for await (const progress of bench.engine.pull(reference, AbortSignal.timeout(60_000)))
          expect(progress).toBeDefined()
      }
      expect(await failure(pull('Bad:::x'))).toMatchObject({ code: 'bad-image' })
      const push = async (reference: string) => {
        const image = { reference, to: 'localhost:1/none:1' }
        for await (const progress of bench.engine.push(image, AbortSignal.timeout(60_000)))
          expect(progress).toBeDefined()
      }
      expect(await failure(push('berth-no-such-image:1'))).toMatchObject({ code: 'image-missing' })
      const refused = await failure(pull('localhost:1/none:1'))
      expect(refused.code).toBe('engine-error')
      expect(refused.message).toMatch(/localhost:1.*refused/)
    })
  })
}
