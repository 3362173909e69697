import { expect, test } from 'vitest'
import type { Trial } from '../deps.ts'
import { imageChecker } from './check-image.ts'

const trial = (architecture: string) =>
  ({
    own: true,
    reference: 'berth-agent:latest',
    info: { kind: 'docker', architecture: 'amd64' },
    image: { os: 'linux', architecture },
  }) as unknown as Trial

test("Berth's own image is not looked into, and one for another machine is refused all the same", async () => {
  const check = imageChecker('/nowhere')
  await expect(check(trial('amd64'))).resolves.toMatchObject({ shell: true })
  await expect(check(trial('arm64'))).rejects.toMatchObject({ code: 'image-unfit' })
})
