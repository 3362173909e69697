import type { IncomingMessage } from 'node:http'
import type { Judgement } from '../../domain/network/judge.ts'
import { authorityOf, type Target } from './target.ts'

/** The one kind of upgrade that is passed on. */
export const isWebSocket = ({ headers, method }: IncomingMessage): boolean =>
  headers.upgrade?.toLowerCase() === 'websocket' && method === 'GET'

/** A WebSocket can carry anything, so a rule on methods lets none pass. */
export const withoutLimits = (judged: Judgement, target: Target): Judgement =>
  judged.verdict === 'denied' || judged.rule.methods === undefined
    ? judged
    : {
        verdict: 'denied',
        reason: `the rule "${judged.rule.target}" names methods, and what travels in a WebSocket has none`,
        allow: `${authorityOf(target, 443)} inspect`,
      }
