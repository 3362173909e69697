import { describe, expectTypeOf, test } from 'vitest'
import type {
  Berth,
  BerthError,
  BerthOptions,
  berth,
  ErrorCode,
  Event,
  LaunchOptions,
  ListedTask,
  Outcome,
  SessionOptions,
  SessionsOptions,
  StartedSession,
  Task,
  TaskStatus,
} from '../index.ts'

describe('the types of the library', () => {
  test('a client is opened, and disposed by await using', () => {
    expectTypeOf<Parameters<typeof berth>[0]>().toEqualTypeOf<BerthOptions | undefined>()
    expectTypeOf<typeof berth>().returns.resolves.toEqualTypeOf<Berth>()
    expectTypeOf<Berth>().toExtend<AsyncDisposable>()
    expectTypeOf<BerthOptions>().toEqualTypeOf<{
      readonly home?: string | undefined
      readonly host?: string | undefined
      readonly token?: string | undefined
      readonly signal?: AbortSignal | undefined
    }>()
  })

  test('a launch takes the settings in camel case, and needs a prompt', () => {
    expectTypeOf<{ prompt: string }>().toExtend<LaunchOptions>()
    expectTypeOf<{ repo: string }>().not.toExtend<LaunchOptions>()
    expectTypeOf<LaunchOptions['policy']>().toEqualTypeOf<'sandboxed' | 'open' | 'privileged' | undefined>()
    expectTypeOf<LaunchOptions['memory']>().toEqualTypeOf<number | string | undefined>()
    expectTypeOf<LaunchOptions['turnTimeout']>().toEqualTypeOf<string | undefined>()
    expectTypeOf<LaunchOptions['sharedTree']>().toEqualTypeOf<boolean | undefined>()
    expectTypeOf<['team/lib:vendor', { repo: 'team/docs'; branch: 'next' }]>().toExtend<LaunchOptions['repos']>()
    expectTypeOf<LaunchOptions>().not.toHaveProperty('concurrency')
    expectTypeOf<LaunchOptions>().not.toHaveProperty('push-to')
    expectTypeOf<Berth['launch']>().returns.resolves.toEqualTypeOf<Task>()
  })

  test('a session has an id, a repository and a branch, and the settings of a launch', () => {
    type Session = { id: string; repo: string; branch: string; prompt: string }
    expectTypeOf<Session>().toExtend<SessionOptions>()
    expectTypeOf<Omit<Session, 'branch'>>().not.toExtend<SessionOptions>()
    expectTypeOf<SessionOptions['turnTimeout']>().toEqualTypeOf<LaunchOptions['turnTimeout']>()
    expectTypeOf<SessionOptions>().not.toHaveProperty('session')
    expectTypeOf<Parameters<Berth['sessions']>>().toEqualTypeOf<[options: SessionsOptions]>()
    expectTypeOf<Berth['sessions']>().returns.resolves.toEqualTypeOf<readonly StartedSession[]>()
  })

  test('events are told apart by their type, and an outcome has its parts', () => {
    type Ended = Extract<Event, { type: 'turn.ended' }>
    expectTypeOf<Ended['outcome']>().toEqualTypeOf<Outcome>()
    expectTypeOf<Extract<Event, { type: 'agent.message' }>['text']>().toEqualTypeOf<string>()
    expectTypeOf<ReturnType<Task['events']>>().toExtend<AsyncIterable<Event>>()
    expectTypeOf<Task['wait']>().returns.resolves.toEqualTypeOf<Outcome>()
    expectTypeOf<Outcome['result']>().toEqualTypeOf<'done' | 'failed' | 'stopped' | 'died'>()
    expectTypeOf<Outcome['exitCode']>().toEqualTypeOf<number | null>()
  })

  test('answers are the records of the API, and errors have code and hint', () => {
    expectTypeOf<Task['status']>().returns.resolves.toEqualTypeOf<TaskStatus>()
    expectTypeOf<Berth['list']>().returns.resolves.toEqualTypeOf<readonly ListedTask[]>()
    expectTypeOf<Parameters<Berth['cleanup']>[0]>().toHaveProperty('labels')
    expectTypeOf<BerthError['code']>().toEqualTypeOf<ErrorCode>()
    expectTypeOf<BerthError['hint']>().toEqualTypeOf<string>()
  })
})
