import type { Endpoint } from '../dialects/endpoint.js';
import { NATIVE, type HostProviders } from '../dialects/host-providers.js';
import type { WireFormat } from '../formats/format.js';
import type { ModelRequest } from './exchange.js';
import { sharedWire } from './shared-wire.js';

/**
 * Emulators of this process, as `host:port`. They stand in for the provider that defines the API of a request. The
 * symbol is a contract with `testing/`, which adds and removes them and shares no code with `wire/`.
 */
const emulators = ((globalThis as unknown as Record<symbol, Set<string> | undefined>)[
  Symbol.for('nestjs-llm-telemetry.emulators.v1')
] ??= new Set());

/**
 * Returns the provider of a request: as mapped by the application, else by the table of hosts. An unknown host that
 * speaks the API of a provider is not that provider.
 */
export function providerOf(
  format: WireFormat,
  { provider, host, port, url }: Endpoint,
  hosts: HostProviders | undefined,
): Pick<ModelRequest, 'provider' | 'hasMappedHost'> {
  const actualPort = port ?? (url.startsWith('https:') ? 443 : 80);
  const mapped = hosts?.at(host, actualPort);
  if (mapped !== undefined)
    return { provider: mapped === NATIVE ? format.provider : mapped, hasMappedHost: true };
  const name =
    provider ?? (isNative(format, `${host}:${actualPort}`) ? format.provider : unknownProviderOf(format));
  return { provider: name, hasMappedHost: false };
}

/** Returns the provider at a host that is not known. */
export function unknownProviderOf({ provider }: WireFormat): string {
  return `${provider}_compatible`;
}

/** Returns whether an unknown host is recorded as the provider that defines the API. */
function isNative(format: WireFormat, address: string): boolean {
  return (
    emulators.has(address) ||
    'selfHosted' in format ||
    // The application has named the provider of its own formats.
    sharedWire.formats.includes(format)
  );
}
