import { readOptions, type GenerateOptions } from '../../deploy/generate/options.js';

const read = (...args: readonly string[]): GenerateOptions => readOptions(args) as GenerateOptions;

describe('the options of the generator', () => {
  it('are the defaults of the alerts where there are none', () => {
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

  it('change what they name', () => {
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
    [['--limit', 'high_latency'], '--limit is "high_latency", and not <alert>=<value>.'],
    [['--limit', 'high_latency=fast'], '--limit of high_latency is "fast", and not a number.'],
    [['--limit', 'error_ratio=5'], '--limit of error_ratio must be a number from 0 to 1, received 5.'],
    [
      ['--limit', 'error_ratio:search=5'],
      '--limit of error_ratio:search must be a number from 0 to 1, received 5.',
    ],
    [['--limit', 'rate_limiting:search=5'], 'rate_limiting has no limits by feature.'],
    [['--window', 'error_ratio=5'], '--window of error_ratio is "5", and not a time'],
    [['--window', 'error_ratio=90s'], '--window of error_ratio must be whole minutes in milliseconds'],
    [['--disable', 'nothing'], '--disable must be "high_latency", '],
    [['--names', 'remote'], '--names is "remote": only scrape, otlp.'],
    [['--scale-windows', '0'], '--scale-windows is "0"'],
    [['--interval', 'often'], '--interval is "often", and not a time'],
    [['--buckets', '5,1'], '--buckets is "5,1", and not rising numbers'],
    [['--dashboard-url', 'shop.example'], '--dashboard-url is "shop.example"'],
    [['--out', ''], '--out is empty.'],
    [['--limits', 'x=1'], "Unknown option '--limits'"],
  ])('%j is refused in a sentence', (args, sentence) => {
    expect(() => readOptions(args)).toThrow(sentence);
  });
});

/** Options with their values, as a shell hands them over. */
function split(...options: readonly string[]): string[] {
  return options.flatMap((option) => option.split(/ (.*)/).slice(0, 2));
}
