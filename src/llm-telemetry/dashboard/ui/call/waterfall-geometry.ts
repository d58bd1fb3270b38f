import type { AttemptRecord, CallRecord } from '../../api/index.js';
import { duration } from '../formats/formats.js';
import { HOUR, MINUTE, SECOND } from '../../../units/time.js';

/**
 * Geometry of a waterfall in shares of the lane: 0 is the start of the call, 1 the end of the call or of its last
 * attempt, whichever is later.
 */
export interface Waterfall {
  readonly ticks: readonly Tick[];
  /** Distance between ticks. */
  readonly step: number;
  /** End of the call. */
  readonly end: number;
  /** Attempts and waits in order of time. */
  readonly rows: ReadonlyArray<AttemptRow | WaitRow>;
}

export interface Tick {
  readonly at: number;
  readonly text: string;
}

export interface AttemptRow {
  readonly kind: 'attempt';
  readonly attempt: AttemptRecord;
  readonly segments: readonly Segment[];
  readonly firstToken: number | null;
  /** End of a response that was cut off; `bad` if it failed. */
  readonly cut: { readonly at: number; readonly bad: boolean } | null;
  /** Text after the bar. */
  readonly tag: { readonly at: number; readonly text: string; readonly bad: boolean } | null;
}

/**
 * Phase of an attempt. `headers`: waiting for response headers. `first-token`: waiting for the first token. `streaming`:
 * receiving tokens. `whole`: waiting for a response without streaming. `refused`: failed without a usable response.
 */
export interface Segment {
  readonly kind: 'headers' | 'first-token' | 'streaming' | 'whole' | 'refused';
  readonly from: number;
  readonly to: number;
}

/** Time between an attempt and its retry. */
export interface WaitRow {
  readonly kind: 'wait';
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

export function waterfallOf({ startedAt, durationMs, attempts }: CallRecord): Waterfall {
  const ends = attempts.map((attempt) => attempt.startedAt - startedAt + attempt.durationMs);
  const total = Math.max(1, durationMs, ...ends);
  // Timestamps are whole milliseconds, durations are not: an attempt may appear to start before its call.
  const part = (ms: number): number => Math.min(1, Math.max(0, ms / total));
  const stepMs = tickStep(total);
  return {
    ticks: Array.from({ length: Math.floor(total / stepMs) + 1 }, (_, index) => ({
      at: part(index * stepMs),
      text: tickText(index * stepMs),
    })),
    step: stepMs / total,
    end: part(durationMs),
    rows: attempts.flatMap((attempt) => {
      const from = attempt.startedAt - startedAt;
      const row = attemptRow(attempt, (ms) => part(from + ms));
      return attempt.isRetry && attempt.waitedMs >= 1
        ? [
            {
              kind: 'wait' as const,
              from: part(from - attempt.waitedMs),
              to: part(from),
              text: waitText(attempt),
            },
            row,
          ]
        : [row];
    }),
  };
}

function attemptRow(attempt: AttemptRecord, part: (ms: number) => number): AttemptRow {
  const { durationMs, timeToFirstChunkMs, timeToFirstTokenMs, status, failure, ending } = attempt;
  const end = part(durationMs);
  const text = cutText(attempt);
  const bad = failure !== null && failure.type !== 'aborted';
  const tag = text === null ? null : { at: end, text, bad };
  const answered = failure === null || (status !== null && status < 400);
  if (!answered) {
    const kind = bad ? 'refused' : 'headers';
    return {
      kind: 'attempt',
      attempt,
      segments: [{ kind, from: part(0), to: end }],
      firstToken: null,
      cut: null,
      tag,
    };
  }
  const firstToken = timeToFirstTokenMs === null ? null : part(timeToFirstTokenMs);
  const body = timeToFirstChunkMs === null ? null : part(timeToFirstChunkMs);
  const segments: Segment[] = [];
  if (body === null && firstToken === null) segments.push({ kind: 'whole', from: part(0), to: end });
  else {
    const begun = body ?? part(0);
    segments.push({ kind: 'headers', from: part(0), to: begun });
    segments.push({ kind: 'first-token', from: begun, to: firstToken ?? end });
    if (firstToken !== null) segments.push({ kind: 'streaming', from: firstToken, to: end });
  }
  const short = failure !== null || ending === 'left' || ending === 'cut' || ending === 'aborted';
  return {
    kind: 'attempt',
    attempt,
    segments: segments.filter(({ from, to }) => to > from),
    firstToken,
    cut: short ? { at: end, bad } : null,
    tag,
  };
}

/** Returns the text after the bar of an attempt that did not complete. */
function cutText({ status, failure, ending }: AttemptRecord): string | null {
  if (failure?.type === 'aborted') return 'cancelled';
  if (failure) return status !== null && status >= 400 ? String(status) : failure.type;
  return ending === 'left' ? 'abandoned' : null;
}

/** Clients add jitter to the requested wait. */
const RETRY_AFTER_TOLERANCE = 1.3;

function waitText({ waitedMs, waitAskedMs }: AttemptRecord): string {
  const waited = duration(waitedMs);
  if (waitAskedMs === null) return `backed off ${waited}`;
  // Timers may fire a few milliseconds early.
  const asRequested = waitedMs >= waitAskedMs - 5 && waitedMs <= waitAskedMs * RETRY_AFTER_TOLERANCE + 250;
  return asRequested
    ? `waited ${waited} (retry-after)`
    : `waited ${waited} (retry-after ${duration(waitAskedMs)})`;
}

/** Returns a step of 1, 2 or 5 times a power of ten that gives at most eight ticks. */
function tickStep(total: number): number {
  const least = total / 7.5;
  const power = 10 ** Math.floor(Math.log10(least));
  const steps = least < 1000 ? [1, 2, 5, 10] : null;
  if (steps) return Math.max(1, (steps.find((step) => step * power >= least) ?? 10) * power);
  return LONG_STEPS.find((step) => step >= least) ?? Math.ceil(least / HOUR) * HOUR;
}

const LONG_STEPS = [
  ...[1, 2, 5, 10, 20, 30].map((seconds) => seconds * SECOND),
  ...[1, 2, 5, 10, 20, 30].map((minutes) => minutes * MINUTE),
  HOUR,
];

/** Formats a tick: `500 ms`, `2 s`, `1.5 s`, `2 m`, `1 m 30 s`. */
function tickText(ms: number): string {
  if (ms === 0) return '0';
  if (ms < SECOND) return `${ms} ms`;
  if (ms < MINUTE) return `${ms / SECOND} s`;
  const rest = (ms % MINUTE) / SECOND;
  return rest === 0 ? `${ms / MINUTE} m` : `${Math.floor(ms / MINUTE)} m ${rest} s`;
}
