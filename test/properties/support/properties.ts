import fc from 'fast-check';
import type { Exchange } from '../../../src/llm-telemetry/wire/exchanges/exchange.js';
import {
  brokenCase,
  completeCase,
  consumerOf,
  formatOf,
  mutatedCase,
  scriptOf,
  type BrokenCase,
  type Case,
  type MutatedCase,
} from './cases.js';
import type { Coverage } from './coverage.js';
import { mutateBytes, mutateScript } from './mutation.js';
import { cutAt, split, type CutKind } from './pieces.js';
import {
  endingOf,
  expectEnding,
  expectExactUsage,
  expectFirstTokenInTime,
  expectSaid,
  expectSame,
  expectSaneUsage,
} from './recorded.js';
import type { Script } from './script.js';
import type { StubAnswer } from './stub-fetch.js';
import { mustEnd, runTrial, type Application, type Outcome } from './trial.js';
import { saidBy, write, type Written } from './writing.js';

/** Generates and checks cases, and counts their coverage. */
export interface TapProperty {
  readonly name: string;
  /** Fraction of all cases that test this property. The fractions add up to 1. */
  readonly share: number;
  of(coverage: Coverage): fc.IAsyncProperty<unknown>;
}

export const TAP_PROPERTIES: readonly TapProperty[] = [
  {
    name: 'passes on complete responses of any format, chunking and consumer unchanged, and records them exactly',
    share: 0.4,
    of: (coverage) => fc.asyncProperty(completeCase, (one) => checkComplete(coverage, one)),
  },
  {
    name: 'passes on cut or left responses unchanged, and records the part that was read exactly',
    share: 0.3,
    of: (coverage) => fc.asyncProperty(brokenCase, (one) => checkBroken(coverage, one)),
  },
  {
    name: 'passes on invalid responses unchanged, and records plausible values',
    share: 0.3,
    of: (coverage) => fc.asyncProperty(mutatedCase, (one) => checkMutated(coverage, one)),
  },
];

async function checkComplete(coverage: Coverage, one: Case): Promise<void> {
  const script = scriptOf(one);
  const written = write(script, one.writing);
  const application = applicationOf(one, script, written.bytes, { coverage });
  const outcome = await runTrial(application);
  const exchange = expectEndedOnce(application, outcome);
  // A stream that is not a byte stream has no BYOB reader: both sides fail with the same error.
  if ('thrown' in outcome.result) return;
  expectReadUpTo(written.bytes.length, one, application, written, outcome);
  expectEnding(exchange, script.said.error === null ? 'finished' : 'failed');
  coverage.endings.add(exchange.ending!);
}

async function checkBroken(coverage: Coverage, one: BrokenCase): Promise<void> {
  const script = scriptOf(one);
  const written = write(script, one.writing);
  const cut = one.cut && cutAt(written, one.cut);
  const bytes = cut ? written.bytes.subarray(0, cut.at) : written.bytes;
  if (one.cut && cut && one.failure === 'none') {
    coverage.cuts.add(`${one.format}: ${cut.type}`);
    coverage.cutKinds.add(one.cut.how);
  }
  const end = one.cut?.how ?? 'close';
  const application = applicationOf(one, script, bytes, { coverage, end, failure: one.failure });
  const outcome = await runTrial(application);
  const exchange = expectEndedOnce(application, outcome);
  expectSaneUsage(exchange);
  if (exchange.ending !== null) coverage.endings.add(exchange.ending);
  if (one.failure === 'none') expectSaidSoFar(one, application, written, bytes.length, outcome);
  // Without a body, there is no last event.
  else if (one.failure === 'no body') expectEnding(exchange, exchange.eventStream ? 'cut' : 'finished');
  else expectEnding(exchange, 'failed');
}

async function checkMutated(coverage: Coverage, one: MutatedCase): Promise<void> {
  const script = mutateScript(scriptOf(one), one.mutations);
  const bytes = mutateBytes(write(script, one.writing).bytes, one.mutations);
  for (const { kind } of one.mutations) coverage.mutations.add(kind);
  const contentTypes = ['text/event-stream; charset=utf-8', 'application/json', 'text/plain', null];
  const contentType = contentTypes[one.contentType];
  const application = applicationOf(one, script, bytes, {
    coverage,
    ...(contentType === undefined ? {} : { contentType }),
  });
  const outcome = await runTrial(application);
  const exchange = expectEndedOnce(application, outcome);
  expectSaneUsage(exchange);
  if (exchange.ending !== null) coverage.endings.add(exchange.ending);
}

function applicationOf(
  one: Case,
  script: Script,
  bytes: Buffer,
  { coverage, ...more }: { coverage: Coverage } & Partial<StubAnswer>,
): Application {
  const chunks = split(bytes, one.splitting);
  coverage.cases++;
  coverage.formats.add(one.format);
  coverage.readings.add(one.consumer);
  coverage.addSplits(chunks, bytes);
  const { bytes: isByteStream, highWaterMark, emptyChunk, requestChoice } = one.transport;
  return {
    format: formatOf(one),
    consumer: consumerOf(one),
    after: one.after,
    requestChoice,
    answer: {
      status: script.status,
      contentType: script.events === null ? 'application/json' : 'text/event-stream; charset=utf-8',
      // A byte stream cannot have empty chunks.
      chunks: emptyChunk && !isByteStream ? [new Uint8Array(), ...chunks] : chunks,
      end: 'close',
      bytes: isByteStream,
      highWaterMark,
      failure: 'none',
      ...more,
    },
  };
}

function expectEndedOnce(application: Application, outcome: Outcome): Exchange {
  expectSame(outcome.begun, 1, 'the number of exchanges');
  const exchange = outcome.exchange!;
  // For some consumers, it is unknown whether they received the end before they released the body.
  const ends = mustEnd(application, outcome) ? 1 : Math.min(outcome.ends, 1);
  expectSame(outcome.ends, ends, 'the number of ends');
  expectSame(exchange.ending !== null, outcome.ends > 0, 'whether it has ended');
  return exchange;
}

/** Expects the record to match the bytes that the application has read, if their number is known. */
function expectSaidSoFar(
  one: BrokenCase,
  application: Application,
  written: Written,
  length: number,
  outcome: Outcome,
): void {
  const { sees } = consumerOf(one);
  const { notes, result, broke } = outcome;
  const exchange = outcome.exchange!;
  if (exchange.ending === null || sees === 'some') return;
  if (sees === 'whole' && !('value' in result)) return;
  const { readWhenGivenUp } = notes;
  // The error may come from the application.
  if ('thrown' in result && !broke && !notes.left && readWhenGivenUp === null) return;
  const read = sees === 'whole' ? length : (readWhenGivenUp ?? notes.read);
  expectReadUpTo(read, one, application, written, outcome);

  const said = saidBy(written, read);
  const ends = endsOfReading(one, outcome, read === length).map((how) => endingOf(exchange, said, how));
  if (!ends.includes(exchange.ending)) expectEnding(exchange, ends[0]!);
}

/** Returns the possible ways in which reading ended. */
function endsOfReading(
  { cut, transport }: BrokenCase,
  { notes, broke }: Outcome,
  atTheEnd: boolean,
): ReadonlyArray<CutKind | 'left' | 'unread'> {
  const end = cut?.how ?? 'close';
  if (notes.readWhenGivenUp !== null) {
    const given = notes.readWhenGivenUp === 0 ? (['unread', 'left'] as const) : (['left'] as const);
    // A body with read-ahead can end before its reader.
    return transport.highWaterMark > 0 ? [...given, end] : given;
  }
  if (!notes.left) return [broke ? end : 'close'];
  // A reader that leaves after the last byte may already have received the end, or receives it when it cancels.
  return broke || atTheEnd ? ['left', end] : ['left'];
}

/** Expects exactly what the first `read` bytes of a response contain. */
function expectReadUpTo(
  read: number,
  { writing }: Case,
  application: Application,
  written: Written,
  { exchange, notes }: Outcome,
): void {
  const said = saidBy(written, read);
  const eventCount = written.parts.filter(({ dataEnd }) => dataEnd <= read).length;
  expectSaid(exchange!, { said, writing, eventCount, partly: eventCount < written.parts.length });
  expectExactUsage(exchange!, said, application);
  expectSaneUsage(exchange!);
  if (application.consumer.prompt) expectFirstTokenInTime(exchange!, written, notes);
}
