import type { LlmErrorType } from './error-codes.js';
import type { Attributes } from './record.js';
import type { RecordedResponse } from './recorded-response.js';

/**
 * The current call, for the code inside it. No method throws.
 *
 * @publicApi
 */
export interface CurrentLlmCall {
  /**
   * Adds attributes to the call's span and record. `undefined` values are omitted. After the end of the call, all are
   * ignored. Names and texts are cut to 200 characters; a call has at most 128 attributes, and a list 128 items.
   */
  setAttributes(attributes: Attributes): void;
  /** Records the response of a model that is not called over HTTP. */
  recordResponse(response: RecordedResponse): void;
  /** Marks the call as failed although the method does not throw. `type` defaults to the type of `error`. */
  recordError(error: unknown, type?: LlmErrorType): void;
}
