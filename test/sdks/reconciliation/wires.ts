import type { LlmTelemetry } from 'nestjs-llm-telemetry';
import { batchWires } from './batch-wires.js';
import { cloudWires } from './cloud-wires.js';
import { openaiWires } from './openai-wires.js';
import { otherWires } from './other-wires.js';
import { socketWires } from './socket-wires.js';
import type { Wire } from './wire.js';

/** Creates the wires of an emulator. Clients do not retry. */
export function wiresOf(url: string, llm: LlmTelemetry): readonly Wire[] {
  return [
    ...openaiWires(url),
    ...cloudWires(url),
    ...otherWires(url),
    ...socketWires(url, llm),
    ...batchWires(url, llm),
  ];
}
