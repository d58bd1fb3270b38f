import { Inject, Injectable } from '@nestjs/common';
import { CALL_RECORDER, isEnabled, type InjectedRecorder } from './application.js';
import { CALL_STORE, type CallStore } from '../store/call-store.js';
import { currentContext, type CurrentLlmCall } from '../calls/call.js';
import { runCall } from '../calls/methods/run-call.js';
import { currentLlmCall } from './current-llm-call.js';
import { definitionOfRun, type LlmRunOptions } from './llm-call-options.js';
import { tapFetch } from '../wire/transports/fetch-tap.js';

/**
 * The telemetry of this application, for code that a decorator does not reach.
 *
 * @publicApi
 */
@Injectable()
export class LlmTelemetry {
  constructor(
    @Inject(CALL_RECORDER) private readonly recorder: InjectedRecorder,
    @Inject(CALL_STORE) private readonly store: CallStore | null,
  ) {}

  /**
   * Runs `work` as a call and returns what it returns: `@LlmCall` for a piece of code.
   *
   * If a budget refuses the call, `work` does not run and the returned promise rejects with `LlmBudgetExceededError`,
   * also if `work` is not an async function; for a generator function, the first step throws it. So `await` what `run`
   * returns, or add a `catch`, also if `work` returns a plain value.
   */
  run<T>(options: LlmRunOptions, work: () => T): T {
    return isEnabled(this.recorder) ? (runCall(this.recorder, definitionOfRun(options), work) as T) : work();
  }

  /** The call that is running, or `undefined` outside of one. */
  currentCall(): CurrentLlmCall | undefined {
    return currentLlmCall();
  }

  /**
   * A `fetch` whose model requests are seen, for an SDK client that is given a `fetch` of its own or was built before
   * this library was imported: `new OpenAI({ fetch: telemetry.wrapFetch(fetch) })`. Wrapping twice counts once.
   */
  wrapFetch(fetch: typeof globalThis.fetch): typeof globalThis.fetch {
    const { recorder } = this;
    return isEnabled(recorder) ? tapFetch(fetch, () => currentContext()?.observer ?? recorder) : fetch;
  }

  /**
   * Ends the calls whose methods have returned and whose answers nobody has finished reading, and hands on their
   * records; then all of them can be read from the store. Calls that still run are left alone. Never rejects.
   */
  async flush(): Promise<void> {
    if (isEnabled(this.recorder)) this.recorder.flush();
    await this.store?.flush();
  }
}
