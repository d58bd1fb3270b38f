import { instanceOf } from '../../../../../test/dashboard/fixture-fleet.js';
import type { StoreInstance, StoreStatus } from '../../api/index.js';
import { fleetOf, fleetText } from './fleet.js';

const NOW = Date.UTC(2026, 10, 23, 13, 45);
const seen = (ago: number, more: Partial<StoreInstance> = {}): StoreInstance =>
  instanceOf(`pod-${ago}`, NOW - 3_600_000 - ago, { seenAt: NOW - ago, ...more });
const fleet = (...instances: StoreInstance[]) =>
  fleetOf({ asOf: NOW, store: { instances } as unknown as StoreStatus });

describe('fleet', () => {
  it('is mentioned if there are several instances', () => {
    expect(fleetText(fleet(seen(1000), seen(2000)))).toBe('2 instances');
    expect(fleetText(fleet(seen(1000)))).toBeNull();
    expect(fleetText(fleetOf({ asOf: NOW, store: null }))).toBeNull();
  });

  it('counts an instance as behind if it is silent or its calls wait for more than 10 s', () => {
    const waits = seen(3000, { waiting: 12, waitingSince: NOW - 11_000 });
    const sends = seen(4000, { waiting: 12, waitingSince: NOW - 9000 });
    const all = fleet(seen(1000), seen(50_000), waits, sends);
    expect(fleetText(all)).toBe('4 instances, 2 behind');
    expect(all.map(({ instance, behind, silent }) => [instance.host, behind, silent])).toEqual([
      ['pod-3000', true, false],
      ['pod-50000', true, true],
      ['pod-1000', false, false],
      ['pod-4000', false, false],
    ]);
  });

  it('mentions a single instance that is behind', () => {
    expect(fleetText(fleet(seen(1000, { waiting: 1, waitingSince: NOW - 60_000 })))).toBe(
      '1 instance, 1 behind',
    );
  });

  it('loses a silent instance after two minutes, and one with calls that wait after ten', () => {
    const stopped = seen(130_000);
    const lost = seen(140_000, { waiting: 3, waitingSince: NOW - 150_000 });
    expect(fleet(seen(1000), stopped, lost).map(({ instance }) => instance.host)).toEqual([
      'pod-140000',
      'pod-1000',
    ]);
    expect(fleet(seen(601_000, { waiting: 3, waitingSince: NOW - 700_000 }))).toEqual([]);
  });
});
