import type { DatabaseSync } from 'node:sqlite';
import { callRow } from '../../call-row.js';
import type { StoredCall } from '../../calls.js';
import { recordOf } from '../../record-codec/record-text.js';

/** One call with its neighbours in time; `null` where there is none. */
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
  const record = recordOf(found.text);
  return { ...callRow(id, record), record, older, newer };
}
