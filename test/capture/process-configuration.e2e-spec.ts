import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { readConfig } from '../../src/example/app-config.js';
import { OtlpReceiver } from '../../src/example/demo/otlp-receiver.js';
import { ORDER_SUMMARY } from '../support/samples.js';
import { answer, folder, GOOD_END, listen, order, root, startService } from './support/processes.js';

describe('the service with an invalid configuration', () => {
  it.each<[string, Record<string, string>, string]>([
    ['an invalid port', { PORT: 'abc' }, 'PORT must be an integer from 0 to 65535, received "abc".'],
    [
      'an unknown value',
      { LLM_EMULATOR: 'maybe' },
      'LLM_EMULATOR must be one of auto, on, off, received "maybe".',
    ],
    [
      'an invalid base URL',
      { OPENAI_API_KEY: 'sk-not-a-key', OPENAI_BASE_URL: 'gateway:8080' },
      'OPENAI_BASE_URL must be an http or https URL, received "gateway:8080".',
    ],
    [
      'no keys in production',
      { NODE_ENV: 'production' },
      'OPENAI_API_KEY must be set if NODE_ENV is "production". Set the key, or LLM_EMULATOR=on.',
    ],
    [
      'one key of two in production',
      { NODE_ENV: 'production', OPENAI_API_KEY: 'sk-not-a-key' },
      'ANTHROPIC_API_KEY must be set if NODE_ENV is "production". Set the key, or LLM_EMULATOR=on.',
    ],
  ])('does not start and prints the reason on one line: %s', async (_, env, sentence) => {
    const service = startService(env);
    expect(await service.ended).toEqual({ code: 1, signal: null });
    expect(service.stderr).toBe(`${sentence}\n`);
    expect(service.stdout).toBe('');
  });

  it('does not start if its port is in use, and prints the port', async () => {
    const other = createServer();
    try {
      const port = await listen(other);
      const service = startService({ PORT: String(port) });
      expect(await service.ended).toEqual({ code: 1, signal: null });
      // Nest also logs the error, with a stack trace.
      expect(service.stderr.trim().split('\n').at(-1)).toBe(
        `PORT ${port} is already in use. Set PORT to a free port.`,
      );
    } finally {
      other.close();
    }
  });

  it('starts in production with the emulator if it is enabled, and logs JSON', async () => {
    const service = startService({ NODE_ENV: 'production', LLM_EMULATOR: 'on' });
    expect(await answer(service.post('/orders/summarize', order))).toEqual([200, { summary: ORDER_SUMMARY }]);
    expect(await service.stop()).toEqual(GOOD_END);
    expect(service.stderr).toBe('');
    for (const line of service.stdout.trim().split('\n')) {
      expect(JSON.parse(line)).toMatchObject({ level: expect.any(String), message: expect.anything() });
    }
  });
});

describe('the file .env', () => {
  it('in the working directory is read, and variables of the environment take precedence', async () => {
    const env = {
      OPENAI_API_KEY: 'sk-not-a-key',
      OPENAI_BASE_URL: 'http://127.0.0.1:9/from-the-file',
      ANTHROPIC_API_KEY: 'sk-ant-not-a-key',
      ANTHROPIC_BASE_URL: 'http://127.0.0.1:9/from-the-file',
      LLM_EMULATOR: 'maybe',
    };
    const lines = Object.entries(env).map(([name, value]) => `${name}=${value}\n`);
    writeFileSync(folder.file('.env'), lines.join(''));
    const service = startService({
      LLM_EMULATOR: 'off',
      ANTHROPIC_BASE_URL: 'http://127.0.0.1:9/from-the-environment',
    });
    await service.url();
    expect(service.stdout).toContain('OpenAI: http://127.0.0.1:9/from-the-file.');
    expect(service.stdout).toContain('Anthropic: http://127.0.0.1:9/from-the-environment.');
  });

  it('also configures OpenTelemetry', async () => {
    const receiver = new OtlpReceiver();
    try {
      const endpoint = await receiver.start();
      writeFileSync(
        folder.file('.env'),
        `OTEL_EXPORTER_OTLP_ENDPOINT=${endpoint}\nOTEL_EXPORTER_OTLP_PROTOCOL=http/json\nOTEL_SERVICE_NAME=from-the-file\n`,
      );
      const service = startService();
      await fetch(`${await service.url()}/health`);
      expect(await service.stop()).toEqual(GOOD_END);
      expect(receiver.spans.map(({ name, resource }) => [name, resource['service.name']])).toEqual([
        ['GET /health', 'from-the-file'],
      ]);
    } finally {
      receiver.stop();
    }
  });

  it('has an example that lists exactly the variables that the service reads', () => {
    const text = readFileSync(join(root, '.env.example'), 'utf8');
    const documented = [...text.matchAll(/^(?:# )?([A-Z][A-Z_]+)=/gm)].map(([, name]) => name!);
    const read = new Set([...variablesOfConfig(), ...variablesInSources(join(root, 'src/example'))]);
    // OpenTelemetry documents its own variables; the example shows only some of them. Systems set the PATH.
    const ours = (name: string): boolean => !name.startsWith('OTEL_') && name !== 'PATH';
    expect(documented.filter(ours).sort()).toEqual([...read].filter(ours).sort());
    expect(new Set(documented).size).toBe(documented.length);
  });
});

/** Returns the names of the variables that the configuration reads. */
function variablesOfConfig(): Set<string> {
  const namesRead = new Set<string>();
  readConfig(new Proxy({}, { has: (_, name) => !!namesRead.add(String(name)), get: () => undefined }));
  return namesRead;
}

/** Returns the names of the variables that the sources read as `env['NAME']`. */
function variablesInSources(folder: string): string[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.ts') && !name.endsWith('.spec.ts'),
  );
  return files.flatMap((name) =>
    [...readFileSync(join(folder, name), 'utf8').matchAll(/\benv\['([A-Z_]+)'\]/g)].map(
      ([, found]) => found!,
    ),
  );
}
