import type { AttemptRecord, CallRecord } from '../../api/index.js';
import { duration } from '../formats/formats.js';

/**
 * Where everything of a call stands in time, in parts of the lane: 0 is the start of the call, 1 its end or that of the
 * last attempt.
 */
export interface Waterfall {
  readonly ticks: readonly Tick[];
  /** The distance of two ticks. */
  readonly step: number;
  /** The end of the call. */
  readonly end: number;
  /** As they happened. */
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
  /** Where an answer was cut short, and by what. */
  readonly cut: { readonly at: number; readonly bad: boolean } | null;
  /** Stands behind the bar. */
  readonly tag: { readonly at: number; readonly text: string; readonly bad: boolean } | null;
}

/**
 * `headers`: waiting for the answer to begin. `first-token`: it has begun, without any content yet. `streaming`. `whole`:
 * waiting for an answer that came in one piece. `refused`: for one that never came, or was an error.
 */
export interface Segment {
  readonly kind: 'headers' | 'first-token' | 'streaming' | 'whole' | 'refused';
  readonly from: number;
  readonly to: number;
}

/** Time between an attempt and the one that repeats it. */
export interface WaitRow {
  readonly kind: 'wait';
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

export function waterfallOf({ startedAt, durationMs, attempts }: CallRecord): Waterfall {
  const ends = attempts.map((attempt) => attempt.startedAt - startedAt + attempt.durationMs);
  const total = Math.max(1, durationMs, ...ends);
  // Clocks have whole milliseconds where durations do not: an attempt may seem to start before its call.
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

/** What stands behind a bar that does not end as it should. */
function cutText({ status, failure, ending }: AttemptRecord): string | null {
  if (failure?.type === 'aborted') return 'cancelled';
  if (failure) return status !== null && status >= 400 ? String(status) : failure.type;
  return ending === 'left' ? 'left early' : null;
}

/** Clients add a little to what they were told to wait, to spread what comes back. */
const AS_ASKED = 1.3;

function waitText({ waitedMs, waitAskedMs }: AttemptRecord): string {
  const waited = duration(waitedMs);
  if (waitAskedMs === null) return `backed off ${waited}`;
  // Timers may be a little early.
  const asAsked = waitedMs >= waitAskedMs - 5 && waitedMs <= waitAskedMs * AS_ASKED + 250;
  return asAsked
    ? `waited ${waited} (retry-after)`
    : `waited ${waited} (retry-after ${duration(waitAskedMs)})`;
}

/** Of 1, 2 and 5, so that there are at most eight. */
function tickStep(total: number): number {
  const least = total / 7.5;
  const power = 10 ** Math.floor(Math.log10(least));
  const steps = least < 1000 ? [1, 2, 5, 10] : null;
  if (steps) return Math.max(1, (steps.find((step) => step * power >= least) ?? 10) * power);
  return LONG_STEPS.find((step) => step >= least) ?? Math.ceil(least / HOUR) * HOUR;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const LONG_STEPS = [
  ...[1, 2, 5, 10, 20, 30].map((seconds) => seconds * SECOND),
  ...[1, 2, 5, 10, 20, 30].map((minutes) => minutes * MINUTE),
  HOUR,
];

/** As short as can be: `500 ms`, `2 s`, `1.5 s`, `2 m`, `1 m 30 s`. */
function tickText(ms: number): string {
  if (ms === 0) return '0';
  if (ms < SECOND) return `${ms} ms`;
  if (ms < MINUTE) return `${ms / SECOND} s`;
  const rest = (ms % MINUTE) / SECOND;
  return rest === 0 ? `${ms / MINUTE} m` : `${Math.floor(ms / MINUTE)} m ${rest} s`;
}
