import type { ConverseResponse, ConverseStreamOutput } from '@aws-sdk/client-bedrock-runtime';
import type {
  SentConverse,
  SentConverseEvents,
} from '../../src/llm-telemetry/testing/providers/bedrock-converse.js';
import type { Assignable, Json } from './shapes.js';

/** Compiles only if the emulator sends the shapes of the types of `@aws-sdk/client-bedrock-runtime`. */
export type Checked = [
  Assignable<SentConverse, Json<ConverseResponse>>,
  Assignable<Partial<SentConverseEvents>, Json<Events>>,
];

/** Payloads of the events of a stream by type. */
type Events = {
  [Type in keyof SentConverseEvents]: Extract<ConverseStreamOutput, Record<Type, object>>[Type];
};
