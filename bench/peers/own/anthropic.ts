import type { Start } from '../contestant.js';

/** The SDK creates spans as soon as a tracer provider is registered. */
export const start: Start = () => ({ clientOptions: { openTelemetry: undefined } });
