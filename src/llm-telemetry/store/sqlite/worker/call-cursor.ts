import { StoreQueryError } from '../../call-store.js';
import type { CallSort } from '../../calls.js';

/** Where a page of calls ended. */
export interface Cursor {
  readonly id: number;
  /** What its last call is sorted by, if that is not its time. Absent: that call has no value, nor have those after it. */
  readonly value?: number;
}

export function textOfCursor({ id, value }: Cursor, sort: CallSort): string {
  return [sort, id, value].filter((part) => part !== undefined).join('_');
}

/** @throws StoreQueryError for what is no cursor of a list that is sorted so. */
export function cursorOf(text: string, sort: CallSort): Cursor {
  const [sorted, ...numbers] = text.split('_');
  const [id, value] = numbers.map((part) => (part === '' ? NaN : Number(part)));
  const most = sort === 'endedAt' ? 1 : 2;
  const valid = Number.isSafeInteger(id) && (value === undefined || Number.isFinite(value));
  if (sorted !== sort || numbers.length > most || !valid) {
    throw new StoreQueryError('Invalid cursor for this query.');
  }
  return value === undefined ? { id: id! } : { id: id!, value };
}
