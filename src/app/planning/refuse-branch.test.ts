import { describe, expect, test } from 'vitest'
import type { TaskRequest } from '../../domain/request.ts'
import { refuseBranch } from './refuse-branch.ts'

const check = (request: Partial<TaskRequest>, heads: readonly string[], checkedOut: readonly string[] = []) =>
  refuseBranch({
    request: { push: 'branch', mode: 'code', ...request } as TaskRequest,
    task: 't-1',
    seen: { heads, digest: '', head: null },
    defaultBranch: heads.includes('main') ? 'main' : null,
    checkedOut,
  })

describe('what a push would find out after the turn', () => {
  test.each<[string, Partial<TaskRequest>, readonly string[], readonly string[], RegExp]>([
    ['a branch berth', {}, ['main', 'berth'], [], /berth\/t-1 cannot be pushed: the remote has the branch berth,/],
    ['a branch below', { pushTo: 'feature' }, ['feature/x'], [], /feature cannot be pushed: .* feature\/x,/],
    ['a branch above', { pushTo: 'a/b/c' }, ['a/b'], [], /a\/b\/c cannot be pushed/],
    ['a checked-out branch', { pushTo: 'main' }, ['main'], ['main'], /--push-to main: .*checked out/],
    ['a base that is not there', { mode: 'review', reviewBase: 'x' }, ['main'], [], /--review-base x/],
    ['no base', { mode: 'review' }, ['other'], [], /needs --review-base/],
  ])('%s is refused', (_, request, heads, checkedOut, words) =>
    expect(() => check(request, heads, checkedOut)).toThrow(words),
  )

  test.each<[string, Partial<TaskRequest>, readonly string[]]>([
    ['names that only begin alike', { pushTo: 'feature' }, ['features/x', 'feature', 'berth']],
    ['other tasks', {}, ['berth/t-2', 'berth/t-1']],
    ['nothing is pushed', { push: 'none' }, ['berth']],
    ['a review pushes nothing', { mode: 'review' }, ['berth', 'main']],
  ])('%s: fine', (_, request, heads) => expect(() => check(request, heads)).not.toThrow())
})
