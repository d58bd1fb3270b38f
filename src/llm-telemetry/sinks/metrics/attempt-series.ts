import type { Attributes } from '@opentelemetry/api';
import { ERROR_TYPE, GEN_AI } from '../attributes.js';
import { withAttribute } from './attribute-sets.js';
import type { AttributeValues } from './attribute-values.js';
import type { Sum } from './sums.js';

/** The sets of attributes that attempts with the same GenAI attributes are recorded under, each made once. */
export class AttemptSeries {
  /** Tokens as the latest conventions count them: one for each part of a usage. */
  readonly usageSums: Array<Sum | undefined> = [];
  private readonly byErrorType = new Map<string, Attributes>();
  private inputAttributes: Attributes | null = null;
  private outputAttributes: Attributes | null = null;

  constructor(
    readonly attributes: Attributes,
    private readonly errorTypes: AttributeValues,
  ) {}

  /** For tokens of the input, where they are told apart by an attribute. */
  get input(): Attributes {
    return (this.inputAttributes ??= withAttribute(this.attributes, GEN_AI.TOKEN_TYPE, 'input'));
  }

  /** For tokens of the output, where they are told apart by an attribute. */
  get output(): Attributes {
    return (this.outputAttributes ??= withAttribute(this.attributes, GEN_AI.TOKEN_TYPE, 'output'));
  }

  /** For an attempt that ended in this error; `null`: in none. */
  ended(errorType: string | null): Attributes {
    if (errorType === null) return this.attributes;
    const type = this.errorTypes.admit(errorType) as string;
    let attributes = this.byErrorType.get(type);
    if (!attributes) {
      attributes = withAttribute(this.attributes, ERROR_TYPE, type);
      this.byErrorType.set(type, attributes);
    }
    return attributes;
  }
}
