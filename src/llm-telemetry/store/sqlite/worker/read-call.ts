import type { DatabaseSync } from 'node:sqlite';
import { callRow } from '../../call-row.js';
import type { StoredCall } from '../../calls.js';
import { decodeRecord } from '../../record-codec/record-text.js';

/** Returns a call with its neighbors in time; `null` if it does not exist. */
export function readCall(database: DatabaseSync, id: number): StoredCall | null {
  if (!Number.isSafeInteger(id)) return null;
  const found = database.prepare('SELECT text FROM record WHERE id = ?').get(id) as
    { text: string } | undefined;
  if (!found) return null;
  const { older, newer } = database
    .prepare(
      'SELECT (SELECT max(id) FROM call WHERE id < :id) AS older, (SELECT min(id) FROM call WHERE id > :id) AS newer',
    )
    .get({ id }) as { older: number | null; newer: number | null };
  const record = decodeRecord(found.text);
  return { ...callRow(id, record), record, older, newer };
}
