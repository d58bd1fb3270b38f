import { encodeRecord } from '../../src/llm-telemetry/store/record-codec/record-text.js';
import { FallbackDatabase } from '../../src/llm-telemetry/store/sqlite/fallback-database.js';
import { searchCalls } from '../../src/llm-telemetry/store/sqlite/call-search.js';
import { KIND, type ReservedNames } from '../../src/llm-telemetry/store/core/series.js';
import type { Dimension, MeasureFilter } from '../../src/llm-telemetry/store/measures.js';
import { callRecord } from '../support/call-record.js';
import { temporaryFolder } from '../support/temporary-folder.js';

/** Full lists of names, with limits small enough for a test. */

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const START = Date.UTC(2026, 10, 24, 12);
const LIMITS = { names: 400, series: { [KIND.model]: 20, [KIND.route]: 10, [KIND.tenant]: 10 } };

const folder = temporaryFolder();

/** A store with a clock that the test controls. */
class Store {
  now = START;
  private readonly fallback: FallbackDatabase;

  constructor(reservedNames?: ReservedNames, path: string | null = folder.file('calls.db')) {
    const retention = { callMs: 2 * DAY, rollupMs: 10 * DAY, maxBytes: 1e9 };
    const ignore = (): void => undefined;
    this.fallback = new FallbackDatabase(
      {
        path,
        inFile: retention,
        inMemory: retention,
        limits: LIMITS,
        ...(reservedNames && { reservedNames }),
      },
      { troubleChanged: ignore, fileReplaced: ignore, callsLost: ignore },
      { wall: () => this.now, monotonic: () => this.now },
    );
    this.fallback.open();
  }

  close(): void {
    this.fallback.close();
  }

  write(...drafts: Array<Parameters<typeof callRecord>[0]>): void {
    const texts = drafts.map((draft) => encodeRecord(callRecord({ endedAt: this.now, ...draft })));
    if (this.fallback.write(texts).written !== texts.length) throw new Error('Calls were dropped.');
  }

  tenants(...names: readonly string[]): void {
    this.write(...names.map((tenantId) => ({ identity: { tenantId } })));
  }

  /** Advances time by days while the store runs. */
  run(days: number): void {
    for (let hour = 0; hour < days * 24; hour += 6) {
      this.now += 6 * HOUR;
      this.retain();
    }
  }

  retain(): void {
    while (this.fallback.retain());
  }

  /** Returns the calls of all time by name. */
  async measured(by: Dimension, where?: MeasureFilter): Promise<Map<string | null, number>> {
    const range = { from: 0, to: this.now + DAY };
    const { groups } = await this.fallback.query('measure', { range, by: [by], ...(where && { where }) });
    return new Map(groups.map(({ names, measures }) => [names[by]!, measures.calls]));
  }

  async errors(): Promise<unknown> {
    const { types } = await this.fallback.query('errors', { range: { from: 0, to: this.now + DAY } });
    return types;
  }

  found(where: MeasureFilter): number {
    return this.fallback.use((database) =>
      searchCalls(database, { range: { from: 0, to: this.now + DAY }, where, limit: 1000 }),
    ).calls.length;
  }

  rows(sql: string): number {
    return Number(
      Object.values(
        this.fallback.use(({ database }) => database.prepare(`SELECT count(*) FROM ${sql}`).get())!,
      )[0],
    );
  }
}

let store: Store;
beforeEach(() => {
  store = new Store();
});
afterEach(() => store.close());

const named = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}-${index}`);

describe('a full list of tenants', () => {
  it('reassigns the slot of a tenant seen once to a tenant in use, without changing a sum', async () => {
    store.tenants(...named('flood', 50));
    store.tenants('acme', 'acme', 'acme');
    expect((await store.measured('tenant')).get('acme')).toBeUndefined();
    store.retain();
    store.tenants('acme', 'acme');
    const measured = await store.measured('tenant');
    expect(measured.get('acme')).toBe(2);
    expect([...measured.values()].reduce((sum, calls) => sum + calls, 0)).toBe(55);
    expect(measured.size).toBeLessThanOrEqual(11);
  });

  it('keeps tenants in use during a flood of names', async () => {
    const used = named('tenant', 8);
    for (let call = 0; call < 5; call++) store.tenants(...used);
    for (let turn = 0; turn < 5; turn++) {
      store.tenants(...named(`flood-${turn}`, 200));
      store.retain();
    }
    const measured = await store.measured('tenant');
    for (const tenant of used) expect(measured.get(tenant)).toBe(5);
  });

  it('has free slots after the rollups and calls of its names are deleted', async () => {
    store.tenants(...named('flood', 50));
    store.run(13);
    expect(store.rows(`series WHERE kind = ${KIND.tenant}`)).toBe(0);
    expect(store.rows("name WHERE text LIKE 'flood%'")).toBe(0);
    store.tenants(...named('tenant', 10));
    for (const tenant of named('tenant', 10)) expect((await store.measured('tenant')).get(tenant)).toBe(1);
  });

  it('counts a tenant with a budget exactly even if it arrives late', async () => {
    store.close();
    store = new Store({ features: [], tenants: ['acme'] });
    store.tenants(...named('flood', 50));
    store.tenants('acme');
    store.retain();
    for (const tenant of named('other', 30)) store.tenants(tenant, tenant, tenant);
    store.retain();
    store.tenants('acme');
    expect((await store.measured('tenant')).get('acme')).toBe(2);
  });
});

describe('a full list of series', () => {
  const flood = (count: number): void => store.write(...named('model', count).map((model) => ({ model })));

  it('moves rollups and errors of a replaced series to "other" without changing a sum', async () => {
    const failure = { type: 'rate_limit', errorClass: 'RateLimitError' } as const;
    store.write(...named('model', 25).map((model) => ({ model, failure })));
    const before = await store.errors();
    for (let call = 0; call < 4; call++) store.write({ model: 'gpt-real' });
    store.retain();
    store.write({ model: 'gpt-real' });
    const measured = await store.measured('model');
    expect(measured.get('gpt-real')).toBe(1);
    expect([...measured.values()].reduce((sum, calls) => sum + calls, 0)).toBe(30);
    expect(await store.errors()).toEqual(before);
  });

  it('does not hide calls from a search by their names', () => {
    flood(40);
    expect(store.found({ model: ['model-39'] })).toBe(1);
    store.write({ model: 'gpt-real' }, { model: 'gpt-real' });
    store.retain();
    for (const model of ['model-0', 'model-39', 'gpt-real'])
      expect(store.found({ model: [model] })).toBe(model === 'gpt-real' ? 2 : 1);
  });

  it('counts a feature with a budget exactly for any number of models', async () => {
    store.close();
    store = new Store({ features: ['orders'], tenants: [] });
    store.write(...named('flood', 30).map((feature) => ({ feature })));
    flood(60);
    store.retain();
    expect(await store.measured('feature', { feature: ['orders'] })).toEqual(new Map([['orders', 60]]));
  });

  it('has free slots after the rollups and calls of its names are deleted', async () => {
    flood(300);
    expect(store.rows('series')).toBeLessThanOrEqual(20 * 11 + 1);
    store.run(13);
    expect(store.rows('series')).toBe(0);
    flood(20);
    expect((await store.measured('model')).size).toBe(20);
  });
});

describe('a full list of names', () => {
  it('has free slots after the calls of its names are deleted', () => {
    store.tenants(...named('flood', 1000));
    expect(store.rows('name')).toBeLessThanOrEqual(LIMITS.names + 1);
    store.tenants('late');
    expect(store.found({ tenant: ['late'] })).toBe(0);
    store.run(3);
    store.tenants('later');
    expect(store.found({ tenant: ['later'] })).toBe(1);
  });

  it('accepts the name of a budget', async () => {
    store.close();
    store = new Store({ features: ['refunds'], tenants: ['acme'] });
    store.tenants(...named('flood', 1000));
    store.write({ feature: 'refunds', identity: { tenantId: 'acme' } });
    expect((await store.measured('tenant')).get('acme')).toBe(1);
    expect((await store.measured('feature')).get('refunds')).toBe(1);
  });

  it('stays consistent between processes when a name is freed and its id is reused', async () => {
    const other = new Store();
    store.tenants('first');
    expect((await other.measured('tenant')).get('first')).toBe(1);
    other.tenants('first');
    for (const each of [store, other]) each.run(13);
    store.tenants('second');
    other.now = store.now;
    other.tenants('first');
    expect([...(await other.measured('tenant'))].toSorted()).toEqual(
      [...(await store.measured('tenant'))].toSorted(),
    );
    expect([other.found({ tenant: ['first'] }), other.found({ tenant: ['second'] })]).toEqual([1, 1]);
    other.close();
  });
});

describe('names that are longer than 200 characters', () => {
  const long = 'x'.repeat(300);

  it.each(['feature', 'operation', 'model', 'route', 'tenant', 'user'] as const)(
    'are found by %s',
    async (dimension) => {
      const draft =
        dimension === 'tenant' || dimension === 'user'
          ? { identity: { [`${dimension}Id`]: long } }
          : { [dimension]: long };
      store.write(draft, {});
      const where = { [dimension]: [long] };
      expect(store.found(where)).toBe(1);
      const [name] = (await store.measured(dimension, where)).keys();
      expect(name).toHaveLength(200);
      expect(await store.measured(dimension, where)).toEqual(new Map([[name, 1]]));
      expect(store.found({ [dimension]: [name!] })).toBe(1);
    },
  );
});
