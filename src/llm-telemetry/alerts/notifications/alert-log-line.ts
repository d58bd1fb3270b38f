import { LogLine } from '../../sinks/logs/log-line.js';
import type { Alert } from '../definitions/alert.js';

/** Fields of the log line of an alert. */
export class AlertLogLine extends LogLine {
  readonly alert: string;
  readonly state: string;
  readonly feature?: string;
  readonly operation?: string;
  readonly model?: string;
  readonly budget?: string;
  readonly value?: number;
  readonly limit?: number;
  readonly unit: string;
  readonly message: string;

  constructor({ name, state, names, value, limit, unit, sentence }: Alert) {
    super();
    this.alert = name;
    this.state = state;
    for (const [dimension, of] of Object.entries(names))
      if (of !== null && of !== undefined) this[dimension as keyof typeof names] = of;
    if (value !== null) this.value = Number(value.toPrecision(6));
    if (limit !== null) this.limit = Number(limit.toPrecision(6));
    this.unit = unit;
    this.message = sentence;
  }
}
