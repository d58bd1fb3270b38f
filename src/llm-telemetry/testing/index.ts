import '../runtime/require-node.js';

export {
  startProviderEmulator,
  ProviderEmulator,
  type EmulatorOptions,
  type ReceivedRequest,
} from './emulator.js';
export { InvalidDialectError, type DialectName } from './dialects/dialects.js';
export { InvalidFaultError, type Extra, type FaultKind, type FaultSpec } from './model/faults.js';
export type { Latency } from './model/random.js';
export { MissingTokenizerError } from './model/tokenizer.js';
export type { BilledUnits } from './model/emulated-api.js';
export { Ledger, type LedgerEntry, type LedgerIteration } from './ledger.js';
