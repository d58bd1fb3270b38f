import { callIdOf } from '../call-id.js';
import { storedEndOf } from '../core/call-columns.js';
import type { OwnInstance } from '../core/instance.js';
import type { DeliveredCall, Delivery } from '../core/shared-backend.js';
import { decodeRecord } from '../record-codec/record-text.js';
import type { WaitingDelivery } from './outbox.js';

/**
 * Decodes the calls of a delivery. The result depends on the outbox only, so that a repeated delivery is the same. Calls
 * that cannot be decoded are omitted.
 */
export function decodeDelivery(instance: OwnInstance, { number, calls }: WaitingDelivery): Delivery {
  const process = processOf(instance);
  const decoded: Array<DeliveredCall & { readonly endedAt: number }> = [];
  for (const { position, text } of calls) {
    try {
      const record = decodeRecord(text);
      const endedAt = storedEndOf(record);
      decoded.push({ id: callIdOf(endedAt, position, process), record, text, endedAt });
    } catch {
      // The caller counts it as dropped.
    }
  }
  decoded.sort((one, other) => one.endedAt - other.endedAt);
  return { instance, number, calls: decoded.map(({ id, record, text }) => ({ id, record, text })) };
}

/** Returns the process in the ids of its calls: not 0, which stands for calls of version 0.1.0. */
function processOf({ id }: OwnInstance): number {
  return Number.parseInt(id.slice(0, 8), 16) || 1;
}
