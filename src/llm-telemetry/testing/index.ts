import '../runtime/require-node.js';

export {
  startProviderEmulator,
  ProviderEmulator,
  type EmulatorOptions,
  type ReceivedRequest,
} from './emulator.js';
export type { Extra } from './model/faults.js';
export type { FaultKind, FaultSpec } from './model/faults.js';
export type { Latency } from './model/random.js';
export { Ledger, type LedgerEntry, type LedgerIteration } from './ledger.js';
