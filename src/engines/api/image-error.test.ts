import { describe, expect, test } from 'vitest'
import { imageError } from './image-error.ts'

const image = { kind: 'docker', label: 'docker at unix:///d.sock', reference: 'h.io:5000/team/app:1' } as const

describe('imageError', () => {
  test.each([
    ['no basic auth credentials', 'image-denied'],
    ['unauthorized: authentication required', 'image-denied'],
    ['denied: requested access to the resource is denied', 'image-denied'],
    ['pull access denied for app, repository does not exist or may require docker login', 'image-denied'],
    ['errors: denied: permission_denied: write_package', 'image-denied'],
    ['manifest unknown: manifest unknown', 'image-missing'],
    ['invalid reference format', 'bad-image'],
  ])('%s', (words, code) => {
    expect(imageError(image, words)).toMatchObject({ code, message: expect.stringContaining(words) })
  })

  test('other words are not of an image', () => {
    expect(imageError(image, 'mkdir /var/lib: permission denied')).toBeUndefined()
  })

  test('a refusal names the command that logs in to that registry', () => {
    const hint = (more: object) => imageError({ ...image, ...more }, 'unauthorized')?.hint
    expect(hint({})).toBe('Log in with `docker login h.io:5000`, then try again.')
    expect(hint({ kind: 'podman', reference: 'app' })).toBe('Log in with `podman login docker.io`, then try again.')
    expect(hint({ loggedIn: true })).toMatch(/^The registry refused the login .* `docker login h.io:5000`/)
  })
})
