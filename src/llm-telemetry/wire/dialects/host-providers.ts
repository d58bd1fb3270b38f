/** Value of `pricing.hosts` for a transparent proxy: the provider that defines the API of the request. */
export const NATIVE = 'native';

/** Providers of hosts, as named by the application in `pricing.hosts`. */
export class HostProviders {
  /** By host or `host:port`, in lower case. */
  private readonly providers: ReadonlyMap<string, string>;

  constructor(hosts: Readonly<Record<string, string>>) {
    this.providers = new Map(Object.entries(hosts).map(([host, provider]) => [host.toLowerCase(), provider]));
  }

  /** Returns the provider at a host, or `NATIVE`; `undefined` if the host is not mapped. A port takes precedence. */
  at(host: string, port: number): string | undefined {
    return this.providers.get(`${host}:${port}`) ?? this.providers.get(host);
  }
}
