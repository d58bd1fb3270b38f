import { Logger } from '@nestjs/common';
import { FakeClock } from '../../../../test/support/fake-clock.js';
import { instanceOf } from '../../../../test/dashboard/fixture-fleet.js';
import type { StoreStatus } from '../../store/call-store.js';
import { SeparateInstances } from './separate-instances.js';

const store = (more: Partial<StoreStatus> = {}): StoreStatus =>
  ({ trouble: null, instances: [instanceOf('a', 0, { instance: 'a' })], ...more }) as StoreStatus;

describe('instances with separate stores', () => {
  let clock: FakeClock;
  let separate: SeparateInstances;
  let warnings: unknown[];
  beforeEach(() => {
    clock = new FakeClock(0);
    separate = new SeparateInstances(clock);
    warnings = [];
    import.meta.jest.spyOn(Logger.prototype, 'warn').mockImplementation((text) => void warnings.push(text));
  });
  afterEach(() => import.meta.jest.restoreAllMocks());

  it('are reported and logged once if they respond in turn for longer than a deployment', () => {
    expect(separate.check('a', 'a,b%3A1', store())).toEqual([]);
    clock.advance(89_000);
    expect(separate.check('a', 'a,b%3A1', store())).toEqual([]);
    clock.advance(1000);
    expect(separate.check('a', null, store())).toEqual(['b:1']);
    expect(separate.check('a', 'a,c', store())).toEqual(['b:1']);
    expect(warnings).toEqual([expect.stringContaining('"a", "b:1" respond at the same address')]);
  });

  it('are forgotten when they no longer respond, or share the store', () => {
    separate.check('a', 'a,b,c', store());
    clock.advance(100_000);
    const both = [instanceOf('a', 0, { instance: 'a' }), instanceOf('b', 0, { instance: 'b' })];
    expect(separate.check('a', null, store({ instances: both }))).toEqual(['c']);
    clock.advance(600_000);
    expect(separate.check('a', null, store())).toEqual([]);
  });

  it('are not reported if the store cannot know who shares it', () => {
    separate.check('a', 'a,b', store());
    clock.advance(100_000);
    expect(separate.check('a', 'a,b', null)).toEqual([]);
    const { instances: _, ...custom } = store();
    expect(separate.check('a', 'a,b', custom)).toEqual([]);
    const trouble = { reason: 'unreachable', message: 'Unreachable.', since: 0 } as const;
    expect(separate.check('a', 'a,b', store({ trouble }))).toEqual([]);
    expect(warnings).toEqual([]);
  });

  it('include those that the store has noticed without a page', () => {
    const noticed = store({ separateInstances: ['b', 'c'] });
    expect(separate.check('a', null, noticed)).toEqual(['b', 'c']);
    separate.check('a', 'a,b', noticed);
    clock.advance(100_000);
    expect(separate.check('a', 'a,b', noticed)).toEqual(['b', 'c']);
  });

  it('are bounded in number and length, and invalid names are ignored', () => {
    const many = Array.from({ length: 100 }, (_, at) => `pod-${at}`).join(',');
    separate.check('a', many, store());
    separate.check('a', 'x'.repeat(5000), store());
    separate.check('a', '%,%ff,,', store());
    separate.check('a', 'z'.repeat(300), store());
    clock.advance(100_000);
    const names = separate.check('a', null, store());
    expect(names).toHaveLength(20);
    expect(names.every((name) => name.startsWith('pod-'))).toBe(true);
  });
});
