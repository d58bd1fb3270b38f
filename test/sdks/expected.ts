import type { FinishReason, LlmErrorType, UsageSource } from 'nestjs-llm-telemetry';

/** What the record of a scenario's call says, and what the application has of it. */
export interface Expected {
  readonly attempts: readonly ExpectedAttempt[];
  readonly failure: LlmErrorType | null;
  /** Whether the application sees an error. */
  readonly throws: boolean;
  /** What all SDKs give back, where that is the same. */
  readonly result?: unknown;
}

/** What the record says of one HTTP request. */
export interface ExpectedAttempt {
  readonly finish: FinishReason | null;
  readonly failure: LlmErrorType | null;
  /** `null`: nothing can have been billed. */
  readonly usage: UsageSource | null;
  readonly isRetry: boolean;
  /** Whether there is a time to the first token. */
  readonly firstToken: boolean;
}

export const ANSWERED: ExpectedAttempt = {
  finish: 'stop',
  failure: null,
  usage: 'provider',
  isRetry: false,
  firstToken: false,
};

export const STREAMED: ExpectedAttempt = { ...ANSWERED, firstToken: true };

/** OpenAI estimates both where it has said nothing; Anthropic says its input first. Either is called estimated. */
export const LEFT: ExpectedAttempt = { ...STREAMED, finish: 'cancelled', usage: 'estimated' };

export const refused = (failure: LlmErrorType): ExpectedAttempt => ({
  ...ANSWERED,
  finish: null,
  failure,
  usage: null,
});

export const again = (attempt: ExpectedAttempt): ExpectedAttempt => ({ ...attempt, isRetry: true });

export const ended = (attempt: ExpectedAttempt, finish: FinishReason): ExpectedAttempt => ({
  ...attempt,
  finish,
});

/** The call succeeds, for the application and for the record. */
export const well = (...attempts: ExpectedAttempt[]): Expected => ({
  attempts,
  failure: null,
  throws: false,
});

/** The application sees an error. */
export const fails = (failure: LlmErrorType, ...attempts: ExpectedAttempt[]): Expected => ({
  attempts,
  failure,
  throws: true,
});

/** A stream that the application never reads, and its SDK begins to: the text, of which it might read any part, does not come. */
export const READS_BY_ITSELF = {
  because: 'it reads the beginning by itself',
  faults: [{ kind: 'stall', afterTokens: 0 }],
  staysOpen: true,
  expected: well({ ...LEFT, firstToken: false }),
} as const;
