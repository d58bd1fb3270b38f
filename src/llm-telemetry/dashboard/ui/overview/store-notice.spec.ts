import type { StoreStatus } from '../../api/index.js';
import { storeNotice } from './store-notice.js';

const AT = new Date(2026, 10, 23, 14, 41).getTime();
const store = (more: Partial<StoreStatus>): StoreStatus =>
  ({
    state: 'stored',
    where: 'db.internal/telemetry',
    trouble: { reason: 'unreachable', message: 'Store: the database cannot be reached.', since: AT },
    waiting: 0,
    waitingSince: null,
    ...more,
  }) as StoreStatus;

describe('notice about the store', () => {
  it('is shown only for a problem', () => {
    expect(storeNotice(null)).toBeNull();
    expect(storeNotice(store({ trouble: null, state: 'memory', where: null }))).toBeNull();
  });

  it('states how many calls wait on this machine, and since when', () => {
    const buffered = store({ state: 'buffered', waiting: 1204, waitingSince: AT + 120_000 });
    expect(storeNotice(buffered)).toEqual({
      label: 'Buffered',
      text:
        'Since 14:41: The database cannot be reached. 1,204 calls wait on this machine until the database responds, the ' +
        'oldest since 14:43.',
    });
    expect(storeNotice(store({ state: 'buffered', waiting: 1, waitingSince: AT }))?.text).toBe(
      'Since 14:41: The database cannot be reached. 1 call waits on this machine until the database responds.',
    );
    expect(storeNotice(store({ state: 'buffered' }))?.text).toMatch(/New calls are kept on this machine/);
  });

  it('states that calls in memory are lost on restart', () => {
    expect(storeNotice(store({ state: 'memory' }))).toMatchObject({
      label: 'Not stored',
      text: expect.stringMatching(/lost on restart\.$/) as string,
    });
  });
});
