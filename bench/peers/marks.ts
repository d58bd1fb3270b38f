import type { SpanTemplate } from '../floor.js';
import { ANTHROPIC_MODEL } from '../responses/anthropic.js';
import { CACHED_TOKENS, TOKENS } from '../responses/canned-response.js';
import { OPENAI_MODEL } from '../responses/openai.js';
import type { Contestant } from './contestants.js';
import { readSpans, type Reading } from './conventions.js';
import type { Sdk, Task } from './tasks.js';

/** Accepted values. The first is the one of the response. */
type Expected = { readonly [Name in keyof Reading]: readonly unknown[] };

const EXPECTED: Readonly<Record<Sdk, Expected>> = {
  openai: {
    inputTokens: [TOKENS.input],
    outputTokens: [TOKENS.output],
    cachedTokens: [CACHED_TOKENS],
    model: [OPENAI_MODEL],
    finishReason: ['stop'],
  },
  anthropic: {
    // Anthropic's own count leaves out cached tokens; the conventions of OpenTelemetry include them.
    inputTokens: [TOKENS.input, TOKENS.input - CACHED_TOKENS],
    outputTokens: [TOKENS.output],
    cachedTokens: [CACHED_TOKENS],
    model: [ANTHROPIC_MODEL],
    finishReason: ['end_turn', 'stop'],
  },
};

const NAMES: Readonly<Record<keyof Reading, string>> = {
  inputTokens: 'input tokens',
  outputTokens: 'output tokens',
  cachedTokens: 'cached tokens',
  model: 'response model',
  finishReason: 'finish reason',
};

/** Compares the spans of a call with its response. Returns what is missing or wrong. */
export function marksOf(
  { convention, spansPerCall }: Contestant,
  { sdk }: Task,
  spans: readonly SpanTemplate[],
): readonly string[] {
  if (convention === null) return [];
  if (spans.length === 0) return ['no span'];
  const marks = spans.length === spansPerCall ? [] : [`${spans.length} of ${spansPerCall} spans`];
  const reading = readSpans(convention, spans);
  for (const name of Object.keys(NAMES) as Array<keyof Reading>) {
    const value = Array.isArray(reading[name]) ? reading[name][0] : reading[name];
    const expected = EXPECTED[sdk][name];
    if (value === undefined || value === null) marks.push(`no ${NAMES[name]}`);
    else if (!expected.includes(value))
      marks.push(`${NAMES[name]} ${String(value)} instead of ${String(expected[0])}`);
  }
  return marks;
}
