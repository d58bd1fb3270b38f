import type { Attributes } from '@opentelemetry/api';
import { ERROR_TYPE, GEN_AI } from '../attributes.js';
import { withAttribute } from './attribute-sets.js';
import type { AttributeValues } from './attribute-values.js';
import { SetLimit } from './set-limit.js';
import type { Sum } from './sums.js';

/** Cardinality limits of attempt metrics, by their additional attribute. */
export class AttemptLimits {
  readonly plain = new SetLimit();
  readonly byTokenType = new SetLimit();
  readonly byErrorType = new SetLimit();
}

/** Attribute sets of attempts with the same GenAI attributes. Each set is created once. */
export class AttemptSeries {
  /** Token sums of the latest conventions, by part of usage. */
  readonly usageSums: Array<Sum | undefined> = [];
  private readonly byErrorType = new Map<string, Attributes>();
  private successful: Attributes | null = null;
  private inputAttributes: Attributes | null = null;
  private outputAttributes: Attributes | null = null;

  /** Attributes of values without an additional attribute. */
  readonly attributes: Attributes;

  constructor(
    private readonly own: Attributes,
    private readonly errorTypes: AttributeValues,
    private readonly limits: AttemptLimits,
  ) {
    this.attributes = limits.plain.admit(own);
  }

  /** Attributes of input tokens, with `gen_ai.token.type`. */
  get input(): Attributes {
    return (this.inputAttributes ??= this.limits.byTokenType.admit(
      withAttribute(this.own, GEN_AI.TOKEN_TYPE, 'input'),
    ));
  }

  /** Attributes of output tokens, with `gen_ai.token.type`. */
  get output(): Attributes {
    return (this.outputAttributes ??= this.limits.byTokenType.admit(
      withAttribute(this.own, GEN_AI.TOKEN_TYPE, 'output'),
    ));
  }

  /** Returns the attributes of an attempt with an error type; `null`: successful. */
  ended(errorType: string | null): Attributes {
    if (errorType === null) return (this.successful ??= this.limits.byErrorType.admit(this.own));
    const type = this.errorTypes.admit(errorType) as string;
    let attributes = this.byErrorType.get(type);
    if (!attributes) {
      attributes = this.limits.byErrorType.admit(withAttribute(this.own, ERROR_TYPE, type));
      this.byErrorType.set(type, attributes);
    }
    return attributes;
  }
}
