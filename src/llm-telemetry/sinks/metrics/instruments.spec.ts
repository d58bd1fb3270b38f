import {
  ROOT_CONTEXT,
  type BatchObservableCallback,
  type Histogram,
  type Meter,
  type Observable,
} from '@opentelemetry/api';
import { faultCount } from '../../wire/guard.js';
import { MAX_SETS, OTHER, RESERVED_SETS } from './attribute-sets.js';
import { Counters, Values } from './instruments.js';

/** Meter with observable counters that a test can read as an SDK does. */
class ReadableMeter {
  readonly callbacks = new Map<BatchObservableCallback, Observable[]>();

  createObservableCounter(name: string): { name: string } {
    return { name };
  }

  addBatchObservableCallback(callback: BatchObservableCallback, observables: Observable[]): void {
    this.callbacks.set(callback, observables);
  }

  removeBatchObservableCallback(callback: BatchObservableCallback): void {
    this.callbacks.delete(callback);
  }

  read(): unknown[] {
    const read: unknown[] = [];
    for (const [callback, observables] of this.callbacks) {
      const observe = (metric: Observable, value: number, attributes?: object): void => {
        if (observables.includes(metric)) {
          read.push([(metric as unknown as { name: string }).name, value, attributes]);
        }
      };
      void callback({ observe });
    }
    return read;
  }
}

function countersOf(meter: ReadableMeter, hooks = { before: () => {}, after: () => {} }): Counters {
  return new Counters(meter as unknown as Meter, hooks);
}

describe('counters', () => {
  it('can be read repeatedly', () => {
    const meter = new ReadableMeter();
    const counters = countersOf(meter);
    const calls = counters.make({ name: 'calls' });
    counters.start();
    counters.start();
    const one = calls.sum({ feature: 'a' });
    const two = calls.sum({ feature: 'b' });
    one.add(1);
    one.add(2);
    expect(meter.read()).toEqual([
      ['calls', 3, { feature: 'a' }],
      ['calls', 0, { feature: 'b' }],
    ]);
    two.add(0.5);
    expect(meter.read()).toEqual([
      ['calls', 3, { feature: 'a' }],
      ['calls', 0.5, { feature: 'b' }],
    ]);
  });

  it.each([Number.NaN, Infinity, -1, -Infinity])('ignore %d', (count) => {
    const sum = countersOf(new ReadableMeter()).make({ name: 'calls' }).sum({});
    sum.add(2);
    sum.add(count);
    expect(sum.value).toBe(2);
  });

  it('add USD exactly over a million calls', () => {
    const meter = new ReadableMeter();
    const counters = countersOf(meter);
    const cost = counters.make({ name: 'cost', unit: 'USD' }).sum({});
    counters.start();
    for (let call = 0; call < 1_000_000; call++) cost.add(0.00004425);
    cost.add(Number.NaN);
    cost.add(-1);
    expect(meter.read()).toEqual([['cost', 44.25, {}]]);
  });

  it('are not read while stopped, and continue after a restart', () => {
    const meter = new ReadableMeter();
    const counters = countersOf(meter);
    const sum = counters.make({ name: 'calls' }).sum({});
    counters.start();
    sum.add(1);
    counters.stop();
    expect(meter.callbacks.size).toBe(0);
    sum.add(1);
    counters.start();
    expect(meter.read()).toEqual([['calls', 2, {}]]);
  });

  it('accept additions while they are read', () => {
    const meter = new ReadableMeter();
    const counters = countersOf(meter);
    counters.make({ name: 'one' }).sum({}).add(1);
    counters.start();
    counters.make({ name: 'two' }).sum({}).add(2);
    expect(meter.read()).toEqual([
      ['one', 1, {}],
      ['two', 2, {}],
    ]);
    expect(meter.callbacks.size).toBe(1);
  });

  it('have at most 500 sets, including error types and retries, and count the rest as `other`', () => {
    const meter = new ReadableMeter();
    const counters = countersOf(meter);
    const calls = counters.make({ name: 'calls' });
    counters.start();
    for (let index = 0; index < 5000; index++) {
      for (const retry of [false, true])
        calls.sum({ 'llm.error_type': 'timeout', 'llm.feature': `f${index}`, 'llm.is_retry': retry }).add(1);
    }
    const read = meter.read() as Array<[string, number, Record<string, unknown>]>;
    expect(read.length).toBeLessThanOrEqual(MAX_SETS);
    expect(read.slice(-2)).toEqual([
      [
        'calls',
        5000 - (MAX_SETS - RESERVED_SETS) / 2,
        { 'llm.error_type': 'timeout', 'llm.feature': OTHER, 'llm.is_retry': false },
      ],
      [
        'calls',
        5000 - (MAX_SETS - RESERVED_SETS) / 2,
        { 'llm.error_type': 'timeout', 'llm.feature': OTHER, 'llm.is_retry': true },
      ],
    ]);
    expect(read.reduce((sum, [, value]) => sum + value, 0)).toBe(10_000);
  });

  it('call the hooks before and after each collection', () => {
    const meter = new ReadableMeter();
    const hooks: string[] = [];
    const counters = countersOf(meter, {
      before: () => void hooks.push('before'),
      after: () => void hooks.push('after'),
    });
    const sum = counters.make({ name: 'calls' }).sum({});
    counters.start();
    sum.add(1);
    meter.read();
    expect(hooks).toEqual(['before', 'after']);
  });

  it('register the callback only once, even if the meter throws', () => {
    const meter = new ReadableMeter();
    let tries = 0;
    meter.addBatchObservableCallback = () => {
      tries++;
      throw new Error('no callbacks here');
    };
    const counters = countersOf(meter);
    counters.make({ name: 'calls' });
    expect(() => counters.start()).toThrow('no callbacks here');
    expect(() => counters.start()).not.toThrow();
    expect(tries).toBe(1);
  });
});

describe('histogram values', () => {
  const attributes = { feature: 'a' };

  it('are recorded in the context of their call if they are finite and not negative', () => {
    const recorded: unknown[] = [];
    const histogram: Histogram = { record: (...args) => void recorded.push(args) };
    const values = new Values();
    values.context = ROOT_CONTEXT;
    for (const value of [Number.NaN, -1, Infinity, 0, 1]) values.record(histogram, value, attributes);
    expect(recorded).toEqual([
      [0, attributes, ROOT_CONTEXT],
      [1, attributes, ROOT_CONTEXT],
    ]);
  });

  it('report an error if the histogram throws', () => {
    const broken: Histogram = {
      record: () => {
        throw new Error('telemetry is on fire');
      },
    };
    const faultsBefore = faultCount();
    new Values().record(broken, 1, attributes);
    expect(faultCount()).toBe(faultsBefore + 1);
  });
});
