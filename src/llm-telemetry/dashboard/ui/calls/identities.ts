import type { CallRow } from '../../api/index.js';

/** Column for the tenant or user of calls. */
export interface IdentityColumn {
  readonly name: 'Tenant' | 'User';
  readonly of: (call: CallRow) => string | null;
}

const COLUMNS: readonly IdentityColumn[] = [
  { name: 'Tenant', of: ({ tenant }) => tenant || null },
  { name: 'User', of: ({ user }) => user || null },
];

/** Returns the columns for which at least one call has a value. */
export function identitiesIn(calls: readonly CallRow[]): readonly IdentityColumn[] {
  return COLUMNS.filter(({ of }) => calls.some((call) => of(call) !== null));
}
