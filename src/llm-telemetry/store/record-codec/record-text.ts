import type { CallRecord } from '../../calls/record.js';
import { decodeCall, encodeCall } from './record-fields.js';
import { decodeRecordV1 } from './record-text-v1.js';

/**
 * The number of the format, and the first element of each text in it. Texts of format 1 (version 0.1.0) have no
 * number: they start with the name of the feature.
 */
const FORMAT = 2;

/**
 * Encodes a record for the store as a JSON array of values without names (`record-fields.ts`). Runs on the
 * application's thread.
 *
 * Optional fields without a value, and fields with the value `undefined`, are absent from the decoded record. Numbers of the
 * record are finite; a number that is not decodes to `null`, or to 0 if the field has no `null`, and `-0` to 0.
 * (Attributes keep such numbers.) Strings keep lone surrogates, because JSON escapes them.
 */
export function encodeRecord(record: CallRecord): string {
  return JSON.stringify([FORMAT, encodeCall(record)]);
}

/** Decodes a record from the text of any format. @throws Error if the format is unknown, SyntaxError if it is not JSON. */
export function decodeRecord(text: string): CallRecord {
  const stored = JSON.parse(text) as unknown;
  if (!Array.isArray(stored)) throw new Error('The text of a record must be a JSON array.');
  const [format, values] = stored as unknown[];
  if (typeof format === 'string') return decodeRecordV1(stored);
  if (format !== FORMAT)
    throw new Error(
      `Unknown record format ${JSON.stringify(format)}. This version reads formats 1 and ${FORMAT}.`,
    );
  return decodeCall(values as unknown[]);
}
