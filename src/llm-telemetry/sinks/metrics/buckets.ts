import { ValueType, type MetricOptions } from '@opentelemetry/api';

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
