/**
 * Identifies a call: a UUID of version 7 (RFC 9562) as 16 bytes. Its time is the end of the call; then follow a counter of 42
 * bits and the process (32 bits), so ids of one process are in the order in which calls were recorded.
 *
 * Version 0.1.0 numbered calls: milliseconds × 2048 + n. Such a number is the counter n of the process 0, and is written as
 * the number, so links to such calls stay valid.
 */
export type CallId = Uint8Array;

/** Numbers that version 0.1.0 gave to the calls of one millisecond. */
const NUMBERS_PER_MS = 2048;
const COUNTERS = 2 ** 42;
const HIGH_COUNTER = 2 ** 30;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i;

/**
 * @param endedAt - whole Unix milliseconds
 * @param counter - distinguishes the calls of a process
 * @param process - a random number from 1 to 2³² − 1
 */
export function callIdOf(endedAt: number, counter: number, process: number): CallId {
  const id = new Uint8Array(16);
  const view = new DataView(id.buffer);
  const bounded = counter % COUNTERS;
  view.setUint16(0, Math.floor(endedAt / 2 ** 32));
  view.setUint32(2, endedAt % 2 ** 32);
  view.setUint16(6, 0x7000 | Math.floor(bounded / HIGH_COUNTER));
  view.setUint32(8, 0x80000000 + (bounded % HIGH_COUNTER));
  view.setUint32(12, process);
  return id;
}

/** Returns the id of a call that version 0.1.0 numbered. */
export function callIdOfNumber(number: number): CallId {
  return callIdOf(Math.floor(number / NUMBERS_PER_MS), number % NUMBERS_PER_MS, 0);
}

/** Returns the end of a call in whole Unix milliseconds. */
export function endOfCallId(id: CallId): number {
  const view = viewOf(id);
  return view.getUint16(0) * 2 ** 32 + view.getUint32(2);
}

/** Returns the number that version 0.1.0 gave to a call; `null` for calls of later versions. */
export function numberOfCallId(id: CallId): number | null {
  const view = viewOf(id);
  if (view.getUint32(12) !== 0) return null;
  const counter = (view.getUint16(6) & 0xfff) * HIGH_COUNTER + (view.getUint32(8) & 0x3fffffff);
  const number = endOfCallId(id) * NUMBERS_PER_MS + counter;
  return counter < NUMBERS_PER_MS && Number.isSafeInteger(number) ? number : null;
}

/** Returns the text of an id, as in `CallRow.id`. */
export function textOfCallId(id: CallId): string {
  const number = numberOfCallId(id);
  if (number !== null) return String(number);
  const hex = Buffer.from(id.buffer, id.byteOffset, 16).toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** Returns the id of a text, which may also be the UUID of a numbered call; `null` if the text is no id. */
export function parseCallId(text: string): CallId | null {
  if (UUID.test(text)) return new Uint8Array(Buffer.from(text.replaceAll('-', ''), 'hex'));
  if (!/^(?:0|[1-9]\d{0,15})$/.test(text)) return null;
  const number = Number(text);
  return Number.isSafeInteger(number) ? callIdOfNumber(number) : null;
}

function viewOf(id: CallId): DataView {
  return new DataView(id.buffer, id.byteOffset, id.byteLength);
}
