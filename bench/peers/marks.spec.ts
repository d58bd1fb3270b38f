import type { SpanTemplate } from '../floor.js';
import { CACHED_TOKENS, TOKENS } from '../responses/canned-response.js';
import { OPENAI_MODEL } from '../responses/openai.js';
import { CONTESTANTS, contestantsNamed, OURS, type Contestant } from './contestants.js';
import { marksOf } from './marks.js';
import { TASKS } from './tasks.js';

const OPENAI_CALL = TASKS.find(({ name }) => name === 'OpenAI call')!;
const ANTHROPIC_CALL = TASKS.find(({ name }) => name === 'Anthropic call')!;

const contestant: Pick<Contestant, 'convention' | 'spansPerCall'> = { convention: 'GenAI', spansPerCall: 1 };

/** Attributes that are right for the OpenAI call. */
const RIGHT = {
  'gen_ai.usage.input_tokens': TOKENS.input,
  'gen_ai.usage.output_tokens': TOKENS.output,
  'gen_ai.usage.cache_read.input_tokens': CACHED_TOKENS,
  'gen_ai.response.model': OPENAI_MODEL,
  'gen_ai.response.finish_reasons': ['stop'],
};

function span(attributes: SpanTemplate['attributes']): SpanTemplate {
  return { name: 'chat', kind: 2, attributes };
}

function marks(...spans: readonly SpanTemplate[]): readonly string[] {
  return marksOf(contestant as Contestant, OPENAI_CALL, spans);
}

describe('marks of contestants', () => {
  it('does not mark spans that say what the response says', () => {
    expect(marks(span(RIGHT))).toEqual([]);
  });

  it('marks a missing span and a span too many', () => {
    expect(marks()).toEqual(['no span']);
    expect(marks(span(RIGHT), span({}))).toEqual(['2 of 1 spans']);
  });

  it('marks missing and wrong values with the expected ones', () => {
    const { 'gen_ai.usage.cache_read.input_tokens': _cached, ...rest } = RIGHT;
    expect(marks(span({ ...rest, 'gen_ai.usage.output_tokens': TOKENS.output + 1 }))).toEqual([
      `output tokens ${TOKENS.output + 1} instead of ${TOKENS.output}`,
      'no cached tokens',
    ]);
  });

  it('accepts input tokens of Anthropic with and without the cached ones', () => {
    for (const input of [TOKENS.input, TOKENS.input - CACHED_TOKENS]) {
      const found = marksOf(contestant as Contestant, ANTHROPIC_CALL, [
        span({ 'gen_ai.usage.input_tokens': input }),
      ]);
      expect(found.filter((mark) => mark.startsWith('input tokens'))).toEqual([]);
    }
  });
});

describe('choice of contestants', () => {
  it('adds the library and the bare SDKs that the chosen contestants are compared with', () => {
    expect(contestantsNamed(['OpenTelemetry']).map(({ name }) => name)).toEqual([
      'bare SDKs',
      'bare SDKs, older versions',
      OURS,
      'OpenTelemetry',
    ]);
  });

  it('chooses all contestants without names, and rejects unknown names', () => {
    expect(contestantsNamed([])).toEqual(CONTESTANTS);
    expect(() => contestantsNamed(['OpenLite'])).toThrow('Unknown contestants: OpenLite.');
  });
});
