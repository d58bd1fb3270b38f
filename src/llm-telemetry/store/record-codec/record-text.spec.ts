import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { arbitraryRecord } from '../../../../test/support/arbitrary-records.js';
import { callRecord } from '../../../../test/support/call-record.js';
import type { UnknownCost } from '../../calls/cost.js';
import type { CallRecord } from '../../calls/record.js';
import { NO_USAGE, type Usage } from '../../wire/usage.js';
import { UNKNOWN_ORIGIN } from '../call-origin.js';
import { callRow } from '../calls.js';
import { decodeFields, encodeFields, type FieldsOf } from './fields.js';
import { decodeRecord, encodeRecord } from './record-text.js';

interface Golden {
  readonly name: string;
  readonly text: string;
  readonly record?: CallRecord;
}

function golden(file: string): readonly Golden[] {
  const url = new URL(`../../../../test/fixtures/${file}`, import.meta.url);
  return JSON.parse(readFileSync(url, 'utf8')) as Golden[];
}

/** Adds the fields that are newer than the text, with their defaults. */
function withLaterFields(record: CallRecord): CallRecord {
  const complete = (usage: Usage | null): Usage | null => usage && { ...NO_USAGE, ...usage };
  const attempts = record.attempts.map((attempt) => ({ ...attempt, usage: complete(attempt.usage) }));
  return { ...record, usage: complete(record.usage), attempts };
}

const afterStore = (record: CallRecord): CallRecord => decodeRecord(encodeRecord(record));

describe('the text of a record', () => {
  it('decodes to the encoded record for any values', () => {
    fc.assert(
      fc.property(arbitraryRecord(), (record) => {
        expect(afterStore(record)).toEqual(record);
      }),
      { numRuns: 1000 },
    );
  });

  it('is one line, so that texts can be joined by line breaks', () => {
    fc.assert(fc.property(arbitraryRecord(), (record) => expect(encodeRecord(record)).not.toContain('\n')));
  });

  it('keeps the flag of an exceeded budget', () => {
    expect(afterStore(callRecord({ budgetExceeded: true })).budgetExceeded).toBe(true);
    expect(afterStore(callRecord()).budgetExceeded).toBeUndefined();
  });

  it('keeps every part of a usage that is summed over several attempts', () => {
    const attempts = [{ usage: { toolUses: { file_search: 1 } } }, { usage: { cacheWriteTokens12h: 5 } }];
    const usage = { ...callRecord().usage!, cacheWriteTokens12h: 5, toolUses: { file_search: 1 } };
    const record = callRecord({ attempts, usage });
    expect(afterStore(record)).toEqual(record);
  });

  it('omits the keys of optional fields without a value', () => {
    const { parameters } = afterStore(
      callRecord({ parameters: { model: 'm', stream: true, topK: undefined } }),
    );
    expect(JSON.stringify(parameters)).toBe('{"model":"m","stream":true}');
  });

  it('decodes a non-finite number to null, or to 0 for fields that cannot be null', () => {
    const broken = { timeToFirstTokenMs: Infinity, durationMs: NaN, waitingTimeMs: -0 };
    const record = afterStore({ ...callRecord(), ...broken });
    expect(record).toMatchObject({ timeToFirstTokenMs: null, durationMs: 0, waitingTimeMs: 0 });
  });

  it('keeps attribute numbers that JSON cannot represent', () => {
    const attributes = { 'a.nan': NaN, 'a.zero': -0, 'a.list': [1, Infinity, -Infinity] };
    expect(afterStore(callRecord({ attributes })).attributes).toEqual(attributes);
  });

  it('keeps an attribute named __proto__', () => {
    const attributes = JSON.parse('{"__proto__":"x","b":1}') as CallRecord['attributes'];
    expect(JSON.stringify(afterStore(callRecord({ attributes })).attributes)).toBe('{"__proto__":"x","b":1}');
  });

  it('keeps the record but omits an attribute that cannot be serialized as JSON', () => {
    const circular: { self?: unknown } = {};
    circular.self = circular;
    const attributes = { circular, big: 12n, method: () => 1, nothing: undefined, text: 'kept' };
    const record = callRecord({ attributes: attributes as unknown as CallRecord['attributes'] });
    expect(afterStore(record)).toEqual({ ...record, attributes: { big: '12', text: 'kept' } });
  });

  it('keeps lone surrogates', () => {
    expect(afterStore(callRecord({ operation: 'a\ud800b' })).operation).toBe('a\ud800b');
  });

  it('is rejected if its format is unknown', () => {
    expect(() => decodeRecord('[3,[]]')).toThrow(
      'Unknown record format 3. This version reads formats 1 and 2.',
    );
    expect(() => decodeRecord('{}')).toThrow('The text of a record must be a JSON array.');
    expect(() => decodeRecord('[2')).toThrow(SyntaxError);
  });
});

describe('texts of earlier versions', () => {
  it.each(golden('record-texts-v1.json'))(
    'decode in format 1 of version 0.1.0: $name',
    ({ text, record }) => {
      const expected = withLaterFields(record!);
      expect(decodeRecord(text)).toEqual(expected);
      expect(afterStore(decodeRecord(text))).toEqual(expected);
    },
  );

  // If this fails, a field was moved, removed or inserted, and existing stores would be misread. Append new fields.
  // Costs are stored with field names; the code of their reason is newer than these texts.
  it.each(golden('record-texts-v2.json'))(
    'decode in format 2 and encode to the same text: $name',
    ({ text }) => {
      const withoutLater = encodeRecord(decodeRecord(text)).replaceAll(/,"reasonCode":"\w+"/g, '');
      expect(withoutLater).toBe(text);
    },
  );
});

describe('an unknown cost in a text of a version without reason codes', () => {
  it.each([
    ['the usage is not known', 'missing_usage'],
    ['the model is not known', 'missing_model'],
    ['the price provider failed', 'price_provider_failed'],
    ['invalid cachedInput count in the usage', 'invalid_usage'],
    ['no price for openai qwen3-32b', 'unpriced_model'],
    ['no price for gpt-5.4 with service tier scale', 'unpriced_service_tier'],
    ['no price for claude-opus-5 with speed warp', 'unpriced_speed'],
    ['no price for claude-opus-5 with inference in mars', 'unpriced_geo'],
    ['no price for gpt-5.4 with endpoint in mars', 'unpriced_place'],
    ['no cacheWrite12h price for gpt-6-sol', 'unpriced_part'],
    ['a text of another library', 'unpriced_model'],
  ])('has the code that follows from its text: %s', (reason, reasonCode) => {
    const cost = { source: 'unknown', reason } as unknown as UnknownCost;
    const decoded = afterStore(callRecord({ attempts: [{ cost }] }));
    expect(decoded.attempts[0]!.cost).toEqual({ source: 'unknown', reason, reasonCode });
    expect(callRow('1', decoded, UNKNOWN_ORIGIN).costReasonCode).toBe(reasonCode);
  });
});

describe('the stored form of a type', () => {
  interface Point {
    readonly x: number;
    readonly y: number;
    readonly label?: string;
  }
  const older: FieldsOf<Omit<Point, 'label'>> = (at, { x, y }) => ({ x: at.number(x), y: at.number(y) });
  const fields: FieldsOf<Point> = (at, point) => ({
    x: at.number(point.x),
    y: at.number(point.y),
    label: at.optional(point.label),
  });

  it('uses the default of a field that was added after the text was written', () => {
    const text = encodeFields({ x: 1, y: 2 }, older);
    expect(text).toEqual([1, 2]);
    expect(decodeFields(text, fields)).toEqual({ x: 1, y: 2 });
  });

  it('omits defaults only at the end', () => {
    expect(encodeFields({ x: 0, y: 2 }, fields)).toEqual([null, 2]);
    expect(encodeFields({ x: 0, y: 0 }, fields)).toEqual([]);
  });

  it('does not compile without a field of the type, required or optional', () => {
    // @ts-expect-error -- y is missing
    const withoutRequired: FieldsOf<Point> = (at, { x, label }) => ({
      x: at.number(x),
      label: at.optional(label),
    });
    // @ts-expect-error -- label is missing
    const withoutOptional: FieldsOf<Point> = (at, { x, y }) => ({ x: at.number(x), y: at.number(y) });
    const withDate: FieldsOf<{ day: Date }> = (at, { day }) => ({
      // @ts-expect-error -- JSON does not keep a Date
      day: at.plain(day, new Date(0)),
    });
    expect([withoutRequired, withoutOptional, withDate]).toHaveLength(3);
  });
});
