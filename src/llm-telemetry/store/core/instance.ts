import { randomUUID } from 'node:crypto';
import type { ServiceIdentity } from '../../runtime/service-identity.js';
import type { StoreInstance } from '../call-store.js';

/** The process that adds calls to a store, as the store describes it to others. */
export type OwnInstance = Omit<StoreInstance, 'seenAt' | 'waiting' | 'waitingSince'>;

/** Describes this process to a store. */
export function ownInstance(identity: ServiceIdentity): OwnInstance {
  const { name: service, version, environment, instance, host, pid } = identity;
  return { id: randomUUID(), service, version, environment, instance, host, pid, startedAt: Date.now() };
}

/** Limit of programs that a database distinguishes: the calls of further ones have an unknown origin. */
export const MAX_ORIGINS = 1000;
