/** Captures requests in a custom format: describe it as a `WireFormat` and register it once at startup. */
export { registerWireFormat } from './exchanges/known-formats.js';
export type { ErrorHint, ProviderError, RequestInputs, ResponseDraft, UsageDraft } from './response-draft.js';
export type { HeaderGetter } from './headers.js';
export type { FinishReason, KnownFinishReason } from './finish-reason.js';
export type { RequestParameters, WireFormat } from './formats/format.js';
export type { Landmarks } from './json/skim.js';
export type { Usage, UsageSource } from './usage.js';
