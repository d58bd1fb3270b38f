import { decodeRecord } from '../record-codec/record-text.js';
import type { DeliveryWriter } from './delivery-writer.js';
import { storedTime } from '../core/call-columns.js';
import { ParameterList } from './sql.js';
import type { Tables } from './tables.js';

/**
 * Deletes the call with the sum of a batch, whose items replace it, and subtracts it from the rollups once.
 *
 * @param id - of the batch at its provider
 * @returns false if the call is not stored (yet)
 */
export async function deleteSum(
  { connection, layout }: Tables,
  writer: DeliveryWriter,
  endedAt: number,
  id: string,
): Promise<boolean> {
  const parameters = new ParameterList();
  const at = `ended_at = ${parameters.time(endedAt)}`;
  const rows = await connection.rows<[uuid: string, record: string, ...origin: Array<string | null>]>(
    `SELECT id, record, service, version, environment, instance FROM ${layout.table('call')} WHERE ${at}`,
    parameters.all(),
  );
  for (const [uuid, text, service, version, environment, instance] of rows) {
    const record = decodeRecord(text);
    if (record.batch?.id !== id || record.batch.item !== null) continue;
    const origin = { service: service!, version: version!, environment: environment!, instance: instance! };
    await writer.subtract([{ record }], origin, `sum-${uuid}`);
    // Ids are UUIDs, and the time is a number.
    await connection.run(
      `DELETE FROM ${layout.table('call')}
       WHERE ended_at = fromUnixTimestamp64Milli(${storedTime(endedAt)}, 'UTC') AND id = '${uuid}'`,
    );
    return true;
  }
  return false;
}
