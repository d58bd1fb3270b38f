import type { FinishReason, LlmErrorType, UsageSource } from 'nestjs-llm-telemetry';

/** Expected record of a scenario's call, and expected result for the application. */
export interface Expected {
  readonly attempts: readonly ExpectedAttempt[];
  readonly failure: LlmErrorType | null;
  /** The application sees an error. */
  readonly throws: boolean;
  /** Result, if it is the same with all SDKs. */
  readonly result?: unknown;
}

/** Expected record of one HTTP request. */
export interface ExpectedAttempt {
  readonly finish: FinishReason | null;
  readonly failure: LlmErrorType | null;
  /** `null` if nothing can have been billed. */
  readonly usage: UsageSource | null;
  readonly isRetry: boolean;
  /** The attempt has a time to first token. */
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

/** Left stream. OpenAI reports no usage; Anthropic reports only input tokens. Usage is `estimated` in both cases. */
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

/** Expects success for the application and in the record. */
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

/** Stream that only the SDK reads, ahead of the application. It has no text, since the SDK may read any part. */
export const READS_BY_ITSELF = {
  because: 'it reads ahead',
  faults: [{ kind: 'stall', afterTokens: 0 }],
  staysOpen: true,
  expected: well({ ...LEFT, firstToken: false }),
} as const;
