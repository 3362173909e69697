import { expect, test } from 'vitest'
import { classifyPush } from './classify-push.ts'

const DASHES = '—'.repeat(60)
const PROTECTION = `remote: error: GH013: Repository rule violations found for refs/heads/main.
remote:
remote: - GITHUB PUSH PROTECTION
remote:   ${DASHES}
remote:     Resolve the following violations before pushing again
remote:
remote:     - Push cannot contain secrets
remote:
remote:      (?) Learn how to resolve a blocked push
remote:      https://docs.github.com/code-security/secret-scanning/working-with-secret-scanning-and-push-protection/working-with-push-protection-from-the-command-line#resolving-a-blocked-push
remote:
remote:       —— GitHub Personal Access Token ${DASHES}
remote:        locations:
remote:          - commit: 8728dbe67
remote:            path: README.md:4
remote:
remote:       —— Amazon AWS Access Key ID ${DASHES}
remote:        locations:
remote:          - commit: 8728dbe67
remote:            path: config/${'deep/'.repeat(60)}keys.txt:4
remote:
remote:        (?) To push, remove secret from commit(s) or follow this URL to allow the secret.
remote:        https://github.com/acme/app/security/secret-scanning/unblock-secret/2XYZ
To https://github.com/acme/app.git
error: failed to push some refs to 'https://github.com/acme/app.git'
`

test('a push that the forge blocks for a secret names the page that allows it, and what to do', () => {
  const stdout = Buffer.from(
    '!\tabc:refs/heads/main\t[remote rejected] (push declined due to repository rule violations)\n',
  )
  const { kind, reason } = classifyPush({ code: 1, signal: null, stdout, stderr: PROTECTION, end: 'exit' }, 1000)
  expect(kind).toBe('rejected')
  expect(reason).toMatch(/^\[remote rejected\] \(push declined due to repository rule violations\)\n/)
  expect(reason).toContain('Push cannot contain secrets')
  expect(reason).toContain('https://github.com/acme/app/security/secret-scanning/unblock-secret/2XYZ')
  expect(reason.split('\n').at(-1)).toMatch(/^Remove the secret from the commits/)
})
