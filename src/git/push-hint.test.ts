import { expect, test } from 'vitest'
import { pushHint } from './push-hint.ts'

test.each([
  [
    '[remote rejected] (refusing to allow a GitHub App to create or update workflow `.github/workflows/ci.yml` without `workflows` permission)',
    'Workflows: write',
  ],
  ['refusing to allow a Personal Access Token to create or update workflow `x` without `workflow` scope', 'scope'],
  ['remote: error: GH013: Repository rule violations found for refs/heads/x.\n- GITHUB PUSH PROTECTION', 'the secret'],
  ['remote: error: GH013: ...\n- Commits must have verified signatures.', '--sign'],
  ['remote: error: GH006: Protected branch update failed\n- Changes must be made through a pull request.', '--pr'],
  ['remote: error: GH006: Protected branch update failed for refs/heads/main.', '--pr'],
  ['remote: error: GH013: Repository rule violations found\n- Cannot force-push to this branch', 'the rules'],
])('%s', (reason, hint) => expect(pushHint(reason)).toContain(hint))

test('other refusals have no hint', () => {
  expect(pushHint('[rejected] (fetch first)')).toBeUndefined()
  expect(pushHint('[remote rejected] (pre-receive hook declined)')).toBeUndefined()
})
