import { pointsAhead } from '../fixtures/points-ahead.ts'

pointsAhead({ title: 'a spare, with the default settings', args: [], taught: 2 })
