import type { CallRecorder } from '../calls/recorder.js';
import { sharedWire } from '../wire/exchanges/shared-wire.js';
import { createStamp } from '../wire/stamp.js';

/**
 * The token under which an application's recorder is injected into the classes whose methods are annotated. A
 * registered symbol, so that the decorator of another copy of the library finds it too.
 */
export const CALL_RECORDER = Symbol.for('nestjs-llm-telemetry.recorder.v1');

/** Stands in the recorder's place where the module is imported but not enabled. */
export const DISABLED = Object.freeze({ disabled: true });

export type InjectedRecorder = CallRecorder | typeof DISABLED;

export function isEnabled(recorder: InjectedRecorder): recorder is CallRecorder {
  return !('disabled' in recorder);
}

/** From now on requests outside of any context may belong to this application: to the first one that runs. */
export function startApplication(recorder: CallRecorder): void {
  sharedWire.observers.push(recorder);
}

export function stopApplication(recorder: CallRecorder): void {
  const index = sharedWire.observers.indexOf(recorder);
  if (index >= 0) sharedWire.observers.splice(index, 1);
}

const recorders = createStamp<InjectedRecorder>();

/** Ties an object that Nest created to the application that it was created in. */
export function bindToApplication(instance: object, recorder: InjectedRecorder): void {
  recorders.put(instance, recorder);
}

/**
 * The recorder of an object's application. An object that Nest did not create belongs to the process's only
 * application, where there is exactly one. `null`: there is none, or it is not enabled.
 */
export function recorderOf(instance: unknown): CallRecorder | null {
  const bound = typeof instance === 'object' && instance !== null ? recorders.of(instance) : undefined;
  if (bound) return isEnabled(bound) ? bound : null;
  const { observers } = sharedWire;
  return observers.length === 1 ? (observers[0] as CallRecorder) : null;
}
