import '../runtime/require-node.js';

export {
  startProviderEmulator,
  ProviderEmulator,
  type EmulatorOptions,
  type ReceivedRequest,
} from './emulator.js';
export type { Extra } from './directives.js';
export type { FaultKind, FaultSpec } from './faults.js';
export type { Latency } from './latency.js';
export { Ledger, type LedgerEntry, type LedgerIteration } from './ledger.js';
