import { readOptions, type GenerateOptions } from '../../deploy/generate/options.js';

const read = (...args: readonly string[]): GenerateOptions => readOptions(args) as GenerateOptions;

describe('the generator of alert rules', () => {
  it('uses the default limits of the alerts without options', () => {
    const { out, namings, scale, intervals, rules, buckets } = read();
    expect({ out, namings, scale, intervals }).toEqual({
      out: 'deploy',
      namings: ['scrape', 'otlp'],
      scale: 1,
      intervals: { scrape: 15_000, otlp: 60_000 },
    });
    expect(rules.find(({ name }) => name === 'high_latency')?.limit).toBe(10_000);
    expect(buckets).toContain(10.24);
  });

  it('applies every option', () => {
    const { rules, namings } = read(
      ...split(
        '--names otlp',
        '--limit high_latency=5000',
        '--limit high_latency:batch=off',
        '--window high_latency=10m',
        '--for high_latency=0s',
        '--minimum high_latency=5',
        '--disable traffic_gone',
      ),
    );
    expect(namings).toEqual(['otlp']);
    expect(rules.find(({ name }) => name === 'high_latency')).toMatchObject({
      limit: 5000,
      features: new Map([['batch', false]]),
      windowMs: 600_000,
      forMs: 0,
      minimum: 5,
    });
    expect(rules.find(({ name }) => name === 'traffic_gone')?.enabled).toBe(false);
  });

  it.each([
    [['--limit', 'high_latncy=5'], 'unknown option "high_latncy" in --limit. Did you mean "high_latency"?'],
    [['--limit', 'high_latency'], '--limit must be <alert>=<value>, received "high_latency".'],
    [['--limit', 'high_latency=fast'], '--limit of high_latency must be a number, received "fast".'],
    [['--limit', 'error_ratio=5'], '--limit of error_ratio must be a number from 0 to 1, received 5.'],
    [
      ['--limit', 'error_ratio:search=5'],
      '--limit of error_ratio:search must be a number from 0 to 1, received 5.',
    ],
    [['--limit', 'rate_limiting:search=5'], 'rate_limiting does not support limits by feature.'],
    [
      ['--window', 'error_ratio=5'],
      '--window of error_ratio must be a time such as 15s, 10m or 2h, received "5".',
    ],
    [['--window', 'error_ratio=90s'], '--window of error_ratio must be whole minutes in milliseconds'],
    [['--disable', 'nothing'], '--disable must be "high_latency", '],
    [['--names', 'remote'], '--names must be one of scrape, otlp, received "remote".'],
    [['--scale-windows', '0'], '--scale-windows must be a number from 0.000001 to 1, received "0".'],
    [['--interval', 'often'], '--interval must be a time such as 15s, 10m or 2h, received "often".'],
    [['--buckets', '5,1'], '--buckets must be ascending numbers separated by commas, received "5,1".'],
    [
      ['--dashboard-url', 'shop.example'],
      '--dashboard-url must be an http or https URL, received "shop.example".',
    ],
    [['--out', ''], '--out must not be empty.'],
    [['--limits', 'x=1'], "Unknown option '--limits'"],
  ])('rejects %j with an error message', (args, message) => {
    expect(() => readOptions(args)).toThrow(message);
  });
});

/** Splits each option from its value, as a shell does. */
function split(...options: readonly string[]): string[] {
  return options.flatMap((option) => option.split(/ (.*)/).slice(0, 2));
}
