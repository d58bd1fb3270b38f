import type { Attributes } from '@opentelemetry/api';
import { ERROR_TYPE, GEN_AI } from '../attributes.js';
import { withAttribute } from './attribute-sets.js';
import type { AttributeValues } from './attribute-values.js';
import { SetLimit } from './set-limit.js';
import type { Sum } from './sums.js';

/** The limits of the metrics of attempts, by what they are told apart by besides. */
export class AttemptLimits {
  readonly plain = new SetLimit();
  readonly byTokenType = new SetLimit();
  readonly byErrorType = new SetLimit();
}

/** The sets of attributes that attempts with the same GenAI attributes are recorded under, each made once. */
export class AttemptSeries {
  /** Tokens as the latest conventions count them: one for each part of a usage. */
  readonly usageSums: Array<Sum | undefined> = [];
  private readonly byErrorType = new Map<string, Attributes>();
  private endedWell: Attributes | null = null;
  private inputAttributes: Attributes | null = null;
  private outputAttributes: Attributes | null = null;

  /** For values that nothing else tells apart. */
  readonly attributes: Attributes;

  constructor(
    private readonly own: Attributes,
    private readonly errorTypes: AttributeValues,
    private readonly limits: AttemptLimits,
  ) {
    this.attributes = limits.plain.admit(own);
  }

  /** For tokens of the input, where they are told apart by an attribute. */
  get input(): Attributes {
    return (this.inputAttributes ??= this.limits.byTokenType.admit(
      withAttribute(this.own, GEN_AI.TOKEN_TYPE, 'input'),
    ));
  }

  /** For tokens of the output, where they are told apart by an attribute. */
  get output(): Attributes {
    return (this.outputAttributes ??= this.limits.byTokenType.admit(
      withAttribute(this.own, GEN_AI.TOKEN_TYPE, 'output'),
    ));
  }

  /** For an attempt that ended in this error; `null`: in none. */
  ended(errorType: string | null): Attributes {
    if (errorType === null) return (this.endedWell ??= this.limits.byErrorType.admit(this.own));
    const type = this.errorTypes.admit(errorType) as string;
    let attributes = this.byErrorType.get(type);
    if (!attributes) {
      attributes = this.limits.byErrorType.admit(withAttribute(this.own, ERROR_TYPE, type));
      this.byErrorType.set(type, attributes);
    }
    return attributes;
  }
}
