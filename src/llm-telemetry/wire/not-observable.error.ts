import { describeType } from '../validation/message-text.js';

/** Reported for a value that cannot be observed. The message contains no text of the application, so it can be logged. */
export class NotObservableError extends TypeError {
  override readonly name = 'NotObservableError';

  /**
   * @param method - the method of `LlmTelemetry` that got the value
   * @param expected - what it expects, with an article
   */
  constructor(method: string, expected: string, value: unknown) {
    super(`${method} expects ${expected}, received ${describeType(value)}. Its responses are not captured.`);
  }
}
