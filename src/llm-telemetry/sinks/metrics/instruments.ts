import {
  ValueType,
  type Attributes,
  type BatchObservableResult,
  type Context,
  type Histogram,
  type Meter,
  type MetricOptions,
  type ObservableCounter,
} from '@opentelemetry/api';
import { UsdSum } from '../../units/usd.js';
import { reportFault } from '../../wire/guard.js';
import { SetLimit } from './attribute-sets.js';

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

/**
 * Records histogram values in the context of their call, which SDKs use for exemplars and views for attributes.
 */
export class Values {
  /** Context of the call whose values are being recorded. */
  context: Context | undefined;

  /** Records a value. Negative, infinite and `NaN` values are ignored. Never throws. */
  record(histogram: Histogram, value: number, attributes: Attributes): void {
    if (!(value >= 0 && value < Infinity)) return;
    try {
      histogram.record(value, attributes, this.context);
    } catch (error) {
      reportFault('recording a metric', error);
    }
  }
}

/**
 * Options of histograms. Boundaries are advice; views of the application take precedence. Source: OpenTelemetry GenAI
 * semantic conventions, "GenAI client metrics".
 */

/** Durations in seconds: doubling from 10 ms to 82 s. */
export const DURATION: MetricOptions = {
  unit: 's',
  advice: {
    explicitBucketBoundaries: [
      0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
    ],
  },
};

/** Tokens: powers of four up to 67 million. */
export const TOKENS: MetricOptions = {
  unit: '{token}',
  valueType: ValueType.INT,
  advice: {
    explicitBucketBoundaries: [
      1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864,
    ],
  },
};
