import '../runtime/require-node.js';

export {
  startProviderEmulator,
  ProviderEmulator,
  type EmulatorOptions,
  type ReceivedRequest,
} from './emulator.js';
export { InvalidFaultError, type Extra, type FaultKind, type FaultSpec } from './model/faults.js';
export type { Latency } from './model/random.js';
export { MissingTokenizerError } from './model/tokenizer.js';
export { Ledger, type LedgerEntry, type LedgerIteration } from './ledger.js';
