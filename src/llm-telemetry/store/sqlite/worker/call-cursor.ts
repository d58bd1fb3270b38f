import { StoreQueryError } from '../../call-store.js';
import type { CallSort } from '../../calls.js';

/** Position of the last call of a page. */
export interface Cursor {
  readonly id: number;
  /** Sort value of that call, unless sorted by time. Absent if that call and all later ones have no value. */
  readonly value?: number;
}

export function encodeCursor({ id, value }: Cursor, sort: CallSort): string {
  return [sort, id, value].filter((part) => part !== undefined).join('_');
}

/** @throws StoreQueryError if the text is not a cursor of this sort order. */
export function parseCursor(text: string, sort: CallSort): Cursor {
  const [sorted, ...numbers] = text.split('_');
  const [id, value] = numbers.map((part) => (part === '' ? NaN : Number(part)));
  const most = sort === 'endedAt' ? 1 : 2;
  const valid = Number.isSafeInteger(id) && (value === undefined || Number.isFinite(value));
  if (sorted !== sort || numbers.length > most || !valid) {
    throw new StoreQueryError('Invalid cursor for this query.');
  }
  return value === undefined ? { id: id! } : { id: id!, value };
}
