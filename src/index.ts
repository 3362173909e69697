export { BerthError, type ErrorCode } from './domain/errors.ts'
export type { Event } from './domain/event.ts'
export type { AuditEntry } from './domain/network/audit-entry.ts'
export type { Outcome } from './domain/outcome.ts'
export type { ListedTask, PullRequestReport, State, TaskRecord, TaskStatus } from './domain/task.ts'
export type { Usage } from './domain/usage.ts'
export { type Berth, berth } from './library/berth.ts'
export type { CallOptions } from './library/calls.ts'
export type { LaunchSettings } from './library/launch-settings.ts'
export type {
  BerthOptions,
  CleanupOptions,
  DiffOptions,
  EventsOptions,
  ForkOptions,
  ForwardOptions,
  LaunchOptions,
  ListOptions,
  NetOptions,
  PullRequestOptions,
  PushOptions,
  ResultOptions,
  ResumeOptions,
  SendOptions,
  StopOptions,
  UsageOptions,
  WaitOptions,
} from './library/options.ts'
export type { CleanupReport, ForwardedPort, TaskUsage } from './library/results.ts'
export type { SessionOptions, SessionsOptions, StartedSession } from './library/sessions.ts'
export type { Task } from './library/task.ts'
export type { UsageRow } from './views/usage-report.ts'
