import type { CallRow } from '../../api/index.js';

/** A column for whom calls are made. */
export interface IdentityColumn {
  readonly name: 'Tenant' | 'User';
  readonly of: (call: CallRow) => string | null;
}

const COLUMNS: readonly IdentityColumn[] = [
  { name: 'Tenant', of: ({ tenant }) => tenant || null },
  { name: 'User', of: ({ user }) => user || null },
];

/** The columns that any of the calls has a value for. */
export function identitiesIn(calls: readonly CallRow[]): readonly IdentityColumn[] {
  return COLUMNS.filter(({ of }) => calls.some((call) => of(call) !== null));
}
