export {
  startProviderEmulator,
  ProviderEmulator,
  type EmulatorOptions,
  type ReceivedRequest,
} from './emulator.js';
export type { FaultKind, FaultSpec } from './faults.js';
export type { Latency } from './latency.js';
export { Ledger, type LedgerEntry } from './ledger.js';
