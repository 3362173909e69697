import { expect, test } from 'vitest'
import { checksOf, reviewsOf } from './pull-request-words.ts'

const ended = (conclusion: string | null) => ({ status: 'completed', conclusion })
const queued = { status: 'queued', conclusion: null }

test.each([
  ['none', [], []],
  ['passed', [ended('success'), ended('neutral'), ended('skipped')], []],
  ['passed', [], ['success']],
  ['pending', [ended('success'), queued], []],
  ['pending', [ended('success')], ['pending']],
  ['failed', [queued, ended('failure')], ['success']],
  ['failed', [ended('cancelled')], []],
  ['failed', [ended('timed_out')], []],
  ['failed', [ended('action_required')], []],
  ['failed', [ended(null)], []],
  ['failed', [ended('success')], ['error', 'pending']],
])('%s of the check runs %j and the statuses %j', (checks, runs, states) => {
  expect(
    checksOf(
      runs,
      states.map((state) => ({ state })),
    ),
  ).toBe(checks)
})

const review = (login: string, state: string) => ({ user: { login }, state })

test.each([
  ['a comment decides nothing', [review('a', 'APPROVED'), review('a', 'COMMENTED')], 1, 0],
  ['nor does a review that is not sent yet', [review('a', 'PENDING')], 0, 0],
  ['the newest decision counts', [review('a', 'CHANGES_REQUESTED'), review('a', 'APPROVED')], 1, 0],
  ['a dismissed one does not', [review('a', 'APPROVED'), review('a', 'DISMISSED'), review('b', 'APPROVED')], 1, 0],
  ['each reviewer has one', [review('a', 'APPROVED'), review('b', 'CHANGES_REQUESTED')], 1, 1],
  ['that of a deleted account too', [{ user: null, state: 'APPROVED' }], 1, 0],
])('%s', (_, reviews, approved, changesRequested) => {
  expect(reviewsOf(reviews)).toEqual({ approved, changesRequested })
})
