import type { CallRecorder } from '../calls/recorder.js';
import { sharedWire } from '../wire/exchanges/shared-wire.js';
import { createStamp } from '../wire/stamp.js';

/**
 * Injection token of an application's recorder. A registered symbol, so that decorators of another copy of the library
 * find it too.
 */
export const CALL_RECORDER = Symbol.for('nestjs-llm-telemetry.recorder.v1');

/** Injected instead of a recorder if the module is disabled. */
export const DISABLED = Object.freeze({ disabled: true });

export type InjectedRecorder = CallRecorder | typeof DISABLED;

export function isEnabled(recorder: InjectedRecorder): recorder is CallRecorder {
  return !('disabled' in recorder);
}

/** Registers an application. Requests without a context belong to the application that was registered first. */
export function startApplication(recorder: CallRecorder): void {
  sharedWire.observers.push(recorder);
}

/** Unregisters an application. */
export function stopApplication(recorder: CallRecorder): void {
  const index = sharedWire.observers.indexOf(recorder);
  if (index >= 0) sharedWire.observers.splice(index, 1);
}

const recorders = createStamp<InjectedRecorder>();

/** Binds an object that Nest created to its application. */
export function bindToApplication(instance: object, recorder: InjectedRecorder): void {
  recorders.put(instance, recorder);
}

/**
 * Returns the recorder of an object's application. An object that Nest did not create belongs to the only application
 * of the process. Returns `null` if there is none or several, or if telemetry is disabled.
 */
export function recorderOf(instance: unknown): CallRecorder | null {
  const bound = typeof instance === 'object' && instance !== null ? recorders.of(instance) : undefined;
  if (bound) return isEnabled(bound) ? bound : null;
  const { observers } = sharedWire;
  return observers.length === 1 ? (observers[0] as CallRecorder) : null;
}
