import { pointsAhead } from '../fixtures/points-ahead.ts'

pointsAhead({ title: 'a sandbox of a pool that was asked for', args: ['--pool', '1'], taught: 1 })
