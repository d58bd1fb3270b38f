import type {
  Attributes,
  BatchObservableResult,
  Meter,
  MetricOptions,
  ObservableCounter,
} from '@opentelemetry/api';
import { UsdSum } from '../../units/usd.js';
import { SetLimit } from './set-limit.js';

/** A metric's name, with what the SDK is told of it. */
export interface Instrument extends MetricOptions {
  readonly name: string;
}

/** What has been counted for one set of attributes. Never falls. */
export interface Sum {
  readonly attributes: Attributes;
  readonly value: number;
  /** What is no count (negative, endless, not a number) would spoil the sum for good, and is left out. */
  add(count: number): void;
}

/** Of what is counted one by one. */
class Count implements Sum {
  value = 0;

  constructor(readonly attributes: Attributes) {}

  add(count: number): void {
    if (count > 0 && count < Infinity) this.value += count;
  }
}

/** Of USD: exact, however many calls it is of. */
class Spending implements Sum {
  private readonly sum = new UsdSum();

  constructor(readonly attributes: Attributes) {}

  get value(): number {
    return this.sum.usd;
  }

  add(usd: number): void {
    if (usd > 0 && usd < Infinity) this.sum.add(usd);
  }
}

/** A counter: an observable one over sums of our own, so that counting is an addition and nothing else. */
export class Counter {
  private readonly sums = new Map<Attributes, Sum>();
  private readonly limit = new SetLimit();

  constructor(
    readonly observable: ObservableCounter,
    private readonly ofUsd: boolean,
  ) {}

  /** Returns the sum of a set of attributes; of many sets together once there are too many. */
  sum(attributes: Attributes): Sum {
    const admitted = this.limit.admit(attributes);
    let sum = this.sums.get(admitted);
    if (!sum) {
      sum = this.ofUsd ? new Spending(admitted) : new Count(admitted);
      this.sums.set(admitted, sum);
    }
    return sum;
  }

  observe(result: BatchObservableResult): void {
    for (const { value, attributes } of this.sums.values())
      result.observe(this.observable, value, attributes);
  }
}

/** The counters of a meter, and the callback through which the SDK reads them. */
export class Counters {
  private readonly all: Counter[] = [];
  private observed = false;

  constructor(
    private readonly meter: Meter,
    /** Called before and after the SDK reads. */
    private readonly hooks: { before(): void; after(): void },
  ) {}

  /** To be made before `start`. */
  make({ name, ...options }: Instrument): Counter {
    const counter = new Counter(this.meter.createObservableCounter(name, options), options.unit === 'USD');
    const { observed } = this;
    if (observed) this.stop();
    this.all.push(counter);
    if (observed) this.start();
    return counter;
  }

  /** From now on the SDK reads the counters. */
  start(): void {
    if (this.observed) return;
    // Also where this throws: it would again.
    this.observed = true;
    this.meter.addBatchObservableCallback(this.observe, this.observables());
  }

  stop(): void {
    if (!this.observed) return;
    this.observed = false;
    this.meter.removeBatchObservableCallback(this.observe, this.observables());
  }

  private readonly observe = (result: BatchObservableResult): void => {
    this.hooks.before();
    for (const counter of this.all) counter.observe(result);
    this.hooks.after();
  };

  private observables(): ObservableCounter[] {
    return this.all.map(({ observable }) => observable);
  }
}
