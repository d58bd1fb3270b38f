import type {
  Attributes,
  BatchObservableResult,
  Meter,
  MetricOptions,
  ObservableCounter,
} from '@opentelemetry/api';
import { UsdSum } from '../../units/usd.js';
import { SetLimit } from './set-limit.js';

/** Name and options of a metric. */
export interface Instrument extends MetricOptions {
  readonly name: string;
}

/** Monotonic sum of one attribute set. */
export interface Sum {
  readonly attributes: Attributes;
  readonly value: number;
  /** Adds to the sum. Values that are negative, infinite or `NaN` are ignored. */
  add(count: number): void;
}

/** Sum of counts. */
class CountSum implements Sum {
  value = 0;

  constructor(readonly attributes: Attributes) {}

  add(count: number): void {
    if (count > 0 && count < Infinity) this.value += count;
  }
}

/** Sum of USD, exact for any number of calls. */
class CostSum implements Sum {
  private readonly sum = new UsdSum();

  constructor(readonly attributes: Attributes) {}

  get value(): number {
    return this.sum.usd;
  }

  add(usd: number): void {
    if (usd > 0 && usd < Infinity) this.sum.add(usd);
  }
}

/** Observable counter over our own sums, so that counting is only an addition. */
export class Counter {
  private readonly sums = new Map<Attributes, Sum>();
  private readonly limit = new SetLimit();

  constructor(
    readonly observable: ObservableCounter,
    private readonly ofUsd: boolean,
  ) {}

  /** Returns the sum of an attribute set, or a shared sum if the limit is reached. */
  sum(attributes: Attributes): Sum {
    const admitted = this.limit.admit(attributes);
    let sum = this.sums.get(admitted);
    if (!sum) {
      sum = this.ofUsd ? new CostSum(admitted) : new CountSum(admitted);
      this.sums.set(admitted, sum);
    }
    return sum;
  }

  observe(result: BatchObservableResult): void {
    for (const { value, attributes } of this.sums.values())
      result.observe(this.observable, value, attributes);
  }
}

/** Counters of a meter, with the callback that the SDK reads them through. */
export class Counters {
  private readonly all: Counter[] = [];
  private observed = false;

  constructor(
    private readonly meter: Meter,
    /** Called before and after each read of the SDK. */
    private readonly hooks: { before(): void; after(): void },
  ) {}

  /** Creates a counter. */
  make({ name, ...options }: Instrument): Counter {
    const counter = new Counter(this.meter.createObservableCounter(name, options), options.unit === 'USD');
    const { observed } = this;
    if (observed) this.stop();
    this.all.push(counter);
    if (observed) this.start();
    return counter;
  }

  /** Registers the callback. */
  start(): void {
    if (this.observed) return;
    // Set before the call, because it would throw again.
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
