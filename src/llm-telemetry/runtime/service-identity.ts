import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { manifestAbove } from './package-root.js';

/**
 * Describes the program to the store and the dashboard, where OpenTelemetry variables do not.
 *
 * @publicApi
 */
export interface ServiceOptions {
  /** @defaultValue `OTEL_SERVICE_NAME`, else `service.name` of `OTEL_RESOURCE_ATTRIBUTES`, else the name of the package */
  readonly name?: string | undefined;
  /** @defaultValue `service.version` of `OTEL_RESOURCE_ATTRIBUTES`, else the version of the package */
  readonly version?: string | undefined;
  /** @defaultValue `deployment.environment.name` of `OTEL_RESOURCE_ATTRIBUTES`, else `NODE_ENV` */
  readonly environment?: string | undefined;
  /** Name of the process, such as that of a pod. @defaultValue `service.instance.id`, else host and process id */
  readonly instance?: string | undefined;
}

/** The program and the process. `null`: unknown. */
export interface ServiceIdentity {
  readonly name: string | null;
  readonly version: string | null;
  readonly environment: string | null;
  readonly instance: string;
  readonly host: string;
  readonly pid: number;
}

/** Returns the identity from options, else from OpenTelemetry variables, else from the application's package. */
export function serviceIdentity(
  options: ServiceOptions = {},
  env: NodeJS.ProcessEnv = process.env,
  start: { readonly script: string | undefined; readonly folder: string } = {
    script: process.argv[1],
    folder: process.cwd(),
  },
): ServiceIdentity {
  const attributes = resourceAttributes(env['OTEL_RESOURCE_ATTRIBUTES'] ?? '');
  // A script in node_modules is a runner (jest, ts-node, pm2).
  const { script } = start;
  const isOwn = script !== undefined && !/[\\/]node_modules[\\/]/.test(script);
  const manifest = (isOwn ? manifestAbove(dirname(script)) : null) ?? manifestAbove(start.folder);
  const name = env['OTEL_SERVICE_NAME'] || attributes.get('service.name');
  // The name before semantic conventions 1.27.
  const environment =
    attributes.get('deployment.environment.name') || attributes.get('deployment.environment');
  return {
    name: options.name || name || manifest?.name || null,
    version: options.version || attributes.get('service.version') || manifest?.version || null,
    environment: options.environment || environment || env['NODE_ENV'] || null,
    instance: options.instance || attributes.get('service.instance.id') || `${hostname()}:${process.pid}`,
    host: attributes.get('host.name') || hostname(),
    pid: process.pid,
  };
}

/** `key=value,key=value`, each value percent-encoded. */
function resourceAttributes(text: string): ReadonlyMap<string, string> {
  const attributes = new Map<string, string>();
  for (const pair of text.split(',')) {
    const at = pair.indexOf('=');
    if (at > 0) attributes.set(pair.slice(0, at).trim(), decoded(pair.slice(at + 1).trim()));
  }
  return attributes;
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
