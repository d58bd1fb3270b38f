/** Loads what the start of an application loads, for tests of requests without an application. Import it for its effect. */
import '../../src/llm-telemetry/wire/transports/fetch-tap.js';
import '../../src/llm-telemetry/wire/transports/http/node-http.js';
import { loadWire } from '../../src/llm-telemetry/wire/exchanges/load-at-start.js';

await loadWire();
