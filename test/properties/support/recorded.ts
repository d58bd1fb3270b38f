import { isDeepStrictEqual } from 'node:util';
import { emptyUsage } from '../../../src/llm-telemetry/wire/response-draft.js';
import type { Exchange, ExchangeEnding } from '../../../src/llm-telemetry/wire/exchanges/exchange.js';
import { estimateTokens } from '../../../src/llm-telemetry/wire/to-usage.js';
import type { Usage } from '../../../src/llm-telemetry/wire/usage.js';
import type { Notes } from './consumers.js';
import type { CutKind } from './pieces.js';
import { NOTHING_SAID, type Said } from './script.js';
import { canReadRequest } from './stub-fetch.js';
import { Difference, type Application } from './trial.js';
import { JSON_WRITERS, type Writing, type Written } from './writing.js';

/** Returns the expected ending of an exchange whose response contained `said` when reading ended by `how`. */
export function endingOf(exchange: Exchange, said: Said, how: CutKind | 'left' | 'unread'): ExchangeEnding {
  if (how === 'unread') return 'unread';
  if (said.error !== null) return 'failed';
  if (said.complete) return 'finished';
  switch (how) {
    case 'error':
      return 'cut';
    case 'abort':
      return 'aborted';
    case 'left':
      return 'left';
    case 'close':
      // A stream without events may also be an empty response.
      if (exchange.blank && said === NOTHING_SAID) return 'finished';
      return exchange.eventStream && said.finish === null ? 'cut' : 'finished';
  }
}

export function expectEnding(exchange: Exchange, ending: ExchangeEnding): void {
  expectSame(exchange.ending, ending, 'the ending');
}

/** Expects the contents of a response. `partly`: it ends with a partial event, which may count as a piece of text. */
export function expectSaid(
  { response: answer, eventStream, firstTokenAt }: Exchange,
  {
    said,
    writing,
    eventCount,
    partly,
  }: { said: Said; writing: Writing; eventCount: number; partly: boolean },
): void {
  expectSame(answer.id, said.id, 'the id');
  expectSame(answer.model, said.model, 'the model');
  expectSame(answer.finish, said.finish, 'the finish reason');
  expectSame(answer.finishReasons.join(), said.finishReasons.join(), 'the finish reasons');
  expectSame(answer.error && (answer.error.code ?? answer.error.type), said.error, 'the error');
  expectSame(answer.complete, said.complete, 'whether it is complete');
  const expected = { ...emptyUsage(), ...said.usage };
  for (const count of Object.keys(expected) as Array<keyof typeof expected>)
    expectSame(answer.usage[count], expected[count], `the usage's ${count}`);
  // After the first piece, other events may also count as pieces, because they are not parsed.
  const most = said.outputChunks + eventCount + (partly ? 1 : 0);
  expectBetween(answer.outputChunks, said.outputChunks, most, 'the number of pieces');
  if (!partly) expectSame(answer.outputChunks > 0, said.outputChunks > 0, 'whether there was any output');
  expectSame(firstTokenAt !== null, answer.outputChunks > 0, 'whether there was a first token');
  // Text is measured only if it is needed for an estimate. For half a JSON body, all received bytes count.
  if (answer.usage.outputTokens === null && (eventStream || !partly))
    expectTextMeasured(answer.outputBytes, said, writing, partly);
}

/** The length of a stream that exceeds the retained copy is extrapolated from the retained pieces. */
function expectTextMeasured(
  bytes: number,
  { text, outputChunks }: Said,
  writing: Writing,
  partly: boolean,
): void {
  const least = Buffer.byteLength(text);
  // Escape sequences may count with their length in the JSON text.
  const most = Buffer.byteLength(JSON_WRITERS[writing.json](text)) - 2 + (partly ? LONGEST_PIECE : 0);
  const slack = least > LONG_TEXT || outputChunks > MANY_PIECES ? 2 : 1;
  expectBetween(bytes, Math.floor(least / slack), most * slack, 'the bytes of text');
}

/** Bytes of the longest piece if all characters are escaped. */
const LONGEST_PIECE = 500;
const LONG_TEXT = 2000;
const MANY_PIECES = 100;

/** Expects counts of the provider where reported, estimates where possible, and otherwise missing usage. */
export function expectExactUsage(
  exchange: Exchange,
  said: Said,
  { format, requestChoice, answer: { status } }: Application,
): void {
  const usage = exchange.usage();
  const { inputTokens = null, outputTokens = null } = said.usage;
  const { response: answer, eventStream, touched, ending } = exchange;
  const refused = status >= 400 || (said.error !== null && inputTokens === null && answer.outputChunks === 0);
  if (refused) return expectSame(usage, null, 'the usage of an answer that was refused');
  const nothingSaid = said.outputChunks === 0 && said.text === '' && inputTokens === null && !outputTokens;
  if (nothingSaid && exchange.isEmpty) return expectSame(usage, null, 'the usage of an empty answer');
  const inputText = canReadRequest(requestChoice, format.form) ? format.inputText : null;
  const inputBytes = inputText === null ? null : Buffer.byteLength(inputText);
  const broke = touched && ending !== 'finished' && ending !== 'unread';
  const seenJson = said.complete && ending !== 'unread' ? said.finish !== 'paused' : broke;
  const seen = eventStream ? touched : seenJson;
  const sourceOfInput = inputTokens !== null ? 'provider' : inputBytes !== null ? 'estimated' : 'missing';
  const sourceOfOutput = outputTokens !== null ? 'provider' : seen ? 'estimated' : 'missing';
  const sources = new Set([sourceOfInput, sourceOfOutput]);
  const source = (['missing', 'estimated', 'provider'] as const).find((one) => sources.has(one));
  expectSame(usage?.source, source, 'the source of the usage');
  if (source === 'missing') {
    const counts = [
      usage?.inputTokens,
      usage?.outputTokens,
      usage?.cachedInputTokens,
      usage?.reasoningTokens,
    ];
    return expectSame(counts, [0, 0, null, null], 'the counts of a usage that is missing');
  }
  expectSame(usage?.inputTokens, inputTokens ?? estimateTokens(inputBytes ?? 0), 'the input tokens');
  expectSame(usage?.outputTokens, outputTokens ?? estimateTokens(answer.outputBytes), 'the output tokens');
  expectSame(usage?.cachedInputTokens === null, inputTokens === null, 'whether cached tokens are known');
  expectSame(usage?.reasoningTokens === null, outputTokens === null, 'whether reasoning tokens are known');
}

/** Expects counts to be non-negative numbers and parts not to exceed their totals. */
export function expectSaneUsage(exchange: Exchange): void {
  const usage = exchange.usage();
  if (usage === null) return;
  for (const [name, value] of Object.entries(usage) as Array<[keyof Usage, unknown]>) {
    if (typeof value !== 'number') continue;
    const sane = value >= 0 && (name === 'audioSeconds' ? Number.isFinite(value) : Number.isInteger(value));
    if (!sane) throw new Difference(`${name} is ${value}.`);
  }
  const input =
    (usage.cachedInputTokens ?? 0) +
    usage.cacheWriteTokens5m +
    usage.cacheWriteTokens1h +
    usage.cacheWriteTokens12h +
    usage.audioInputTokens +
    usage.imageInputTokens;
  expectBetween(input, 0, usage.inputTokens, 'the parts of the input');
  expectBetween(usage.reasoningTokens ?? 0, 0, usage.outputTokens, 'the reasoning');
  const output = usage.audioOutputTokens + usage.imageOutputTokens;
  expectBetween(output, 0, usage.outputTokens, 'the parts of the output');
}

/** Expects the times of the first chunk and of the chunk that contains the event with the first token. */
export function expectFirstTokenInTime(
  exchange: Exchange,
  { parts }: Written,
  { progress, read, readWhenGivenUp }: Notes,
): void {
  const { firstChunkAt, firstTokenAt } = exchange;
  if (firstChunkAt !== null && progress.length > 0)
    expectBetween(firstChunkAt, exchange.respondedAt!, progress[0]!.at, 'the time of the first chunk');
  const index = parts.findIndex(({ said }) => said.outputChunks > 0);
  // A partial piece may count as a piece.
  if (firstTokenAt === null || index < 0 || parts[index]!.dataEnd > (readWhenGivenUp ?? read)) return;
  const { dataEnd } = parts[index]!;
  const chunk = progress.findIndex(({ read }) => read >= dataEnd);
  // Only the next byte shows whether a CR is followed by an LF.
  const next = parts[index + 1];
  const after = next && progress.find(({ read }) => read > next.start);
  const earliest = progress[chunk - 1]?.at ?? exchange.respondedAt!;
  expectBetween(firstTokenAt, earliest, after?.at ?? Infinity, 'the time of the first token');
}

/** Replaces Jest's `expect`, which is too slow for this number of cases. */
export function expectSame(actual: unknown, expected: unknown, what: string): void {
  if (actual !== expected && !isDeepStrictEqual(actual, expected))
    throw new Difference(`${what} is ${JSON.stringify(actual)} instead of ${JSON.stringify(expected)}.`);
}

function expectBetween(actual: number, least: number, most: number, what: string): void {
  if (!(actual >= least && actual <= most))
    throw new Difference(`${what}: ${actual} is not between ${least} and ${most}.`);
}
