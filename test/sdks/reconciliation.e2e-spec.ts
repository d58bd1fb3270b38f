import { LlmTelemetry, type AttemptRecord } from 'nestjs-llm-telemetry';
import type { LedgerEntry } from 'nestjs-llm-telemetry/testing';
import type { Dialect } from '../../src/llm-telemetry/testing/dialects/dialect.js';
import { DIALECTS } from '../../src/llm-telemetry/testing/dialects/dialects.js';
import { countsOfAttempt, countsOfLine, unitsOfLine } from '../reconciliation/bill.js';
import { seededDraws } from '../reconciliation/traffic.js';
import { startTelemetryApp, type TelemetryApp } from '../support/telemetry-app.js';
import {
  LOSSY_DIALECTS,
  LOSSY_MODEL,
  UNREPORTED_MODELS,
  type Draw,
  type Wire,
} from './reconciliation/wire.js';
import { wiresOf } from './reconciliation/wires.js';

/** A quarter of the other reconciliation, because the SDKs of these formats are slower. `npm run reconcile` sets 50,000. */
const CALLS = Math.ceil(Number(process.env['RECONCILE_CALLS'] ?? 2000) / 4);
const CONCURRENCY = 32;

const ROWS = Object.entries<Dialect>(DIALECTS).filter(([name]) => !LOSSY_DIALECTS.includes(name));
const isOfUsage = ([, { usage, sendsUsage, sendsCost }]: (typeof ROWS)[number]): boolean =>
  Boolean(usage ?? sendsUsage ?? sendsCost);
/** Those with a cost first, because few calls do not have all of them. */
const USAGES = ROWS.filter(isOfUsage)
  .sort(([, one], [, other]) => Number(other.sendsCost ?? false) - Number(one.sendsCost ?? false))
  .map(([name]) => name);
const OTHERS = ROWS.filter((row) => !isOfUsage(row)).map(([name]) => name);

interface Recorded {
  readonly attempt: AttemptRecord;
  readonly feature: string;
}

/** An attempt with its line on the bill. */
interface Pair extends Recorded {
  readonly line: LedgerEntry;
}

describe(`telemetry and bill of ${CALLS} calls in all formats and dialects`, () => {
  let telemetry: TelemetryApp;
  let wires: readonly Wire[];
  let lines: readonly LedgerEntry[];
  let attempts: readonly Recorded[];
  /** Attempts with a line of the same request id or response id. */
  let pairs: readonly Pair[];
  /** Attempts and lines of providers that send no id at all, in the order of their counts. */
  let withoutId: readonly Pair[];

  beforeAll(async () => {
    telemetry = await startTelemetryApp({
      emulatorOptions: {
        seed: 5,
        cachedTokens: true,
        rates: { server_error: 0.01, bad_request: 0.01, not_found: 0.01, truncate: 0.02 },
      },
    });
    const llm = telemetry.get(LlmTelemetry);
    wires = wiresOf(telemetry.emulator.url, llm);
    const random = seededDraws(3);
    let index = 0;
    const lane = async (): Promise<void> => {
      while (index < CALLS) {
        const wire = wires[index % wires.length]!;
        const round = Math.floor(index / wires.length);
        const draw = drawOf(index++, round, random);
        const call = { feature: wire.feature, operation: 'ask' };
        // Errors of the SDK are expected and not under test.
        await llm.run(call, () => wire.ask(draw)).catch(() => undefined);
      }
    };
    await Promise.all(Array.from({ length: CONCURRENCY }, lane));
    await telemetry.flush();

    lines = telemetry.emulator.ledger.entries();
    attempts = telemetry.records.flatMap(({ feature, attempts: made }) =>
      made.map((attempt) => ({ attempt, feature })),
    );
    const byId = new Map(
      lines.flatMap((line) =>
        [line.requestId, line.responseId].flatMap((id) => (id === null ? [] : [[id, line] as const])),
      ),
    );
    const lineOf = ({ requestId, responseId }: AttemptRecord): LedgerEntry | undefined =>
      byId.get(requestId ?? responseId ?? '');
    pairs = attempts.flatMap((recorded) => {
      const line = lineOf(recorded.attempt);
      return line ? [{ ...recorded, line }] : [];
    });
    const paired = new Set<unknown>(pairs.flatMap(({ attempt, line }) => [attempt, line]));
    const others = lines.filter((line) => !paired.has(line) && line.billed);
    const theirs = attempts.filter(({ attempt }) => !paired.has(attempt) && attempt.usage !== null);
    const byCounts = (one: readonly [string, unknown], other: readonly [string, unknown]): number =>
      one[0] < other[0] ? -1 : 1;
    const features = featuresOf(wires);
    const sortedLines = others.map((line) => [billedOf(line, features), line] as const).sort(byCounts);
    const sortedAttempts = theirs.map((one) => [recordedOf(one), one] as const).sort(byCounts);
    if (sortedAttempts.length !== sortedLines.length)
      throw new Error(`${sortedAttempts.length} attempts and ${sortedLines.length} lines have no id.`);
    withoutId = sortedAttempts.map(([, recorded], at) => ({ ...recorded, line: sortedLines[at]![1] }));
  }, 1_200_000);
  afterAll(() => telemetry.stop());

  const billedPairs = (): readonly Pair[] => [...pairs.filter(({ line }) => line.billed), ...withoutId];

  it('cover every model of every format', () => {
    const models = new Set(billedPairs().map(({ line }) => line.model));
    expect([...models].sort()).toEqual([...featuresOf(wires).keys()].sort());
    const tiers = new Set(billedPairs().map(({ line }) => line.serviceTier));
    expect(tiers).toEqual(new Set([null, 'default', 'flex', 'priority', 'batch']));
  });

  it('agree on the requests and on which of them are billed', () => {
    const known = new Set(lines.map(({ requestId }) => requestId));
    const unknown = attempts.filter(
      ({ attempt: { requestId } }) => requestId !== null && !known.has(requestId),
    );
    expect(unknown).toEqual([]);
    expect(attempts.length).toBe(lines.length);
    const different = pairs.filter(({ attempt, line }) => (attempt.usage !== null) !== line.billed);
    expect(different.map(({ attempt, line }) => [line, attempt.failure])).toEqual([]);
    expect(lines.filter(({ billed }) => billed).length).toBe(billedPairs().length);
  });

  it('have each item of a batch once', () => {
    const items = telemetry.records.flatMap(({ batch }) => (batch ? [`${batch.id} ${batch.item}`] : []));
    expect(items.every((item) => /\w+ item-\d$/.test(item))).toBe(true);
    expect(new Set(items).size).toBe(items.length);
    const billed = lines.filter(({ serviceTier }) => serviceTier === 'batch').length;
    expect(billed).toBeGreaterThan(0);
    expect(items.length).toBeGreaterThan(billed);
  });

  it('agree on feature, tokens and units of each request', () => {
    const features = featuresOf(wires);
    const both = billedPairs().map((pair) => [recordedOf(pair), billedOf(pair.line, features)]);
    expect(both.filter(([recorded, billed]) => recorded !== billed)).toEqual([]);
  });

  it('agree on the cost that a response reports', () => {
    const different = billedPairs().filter(
      ({ attempt, line }) => attempt.providerCostUsd !== line.proxyCostUsd,
    );
    expect(different).toEqual([]);
    expect(pairs.some(({ line }) => line.proxyCostUsd !== null)).toBe(true);
  });

  it('agree exactly on the cost by feature, model and tier, and on what has no price', () => {
    const features = featuresOf(wires);
    const recorded = new Map<string, bigint>();
    const billed = new Map<string, bigint>();
    const add = (sums: Map<string, bigint>, key: string, units: bigint): void =>
      void sums.set(key, (sums.get(key) ?? 0n) + units);
    const wrong: unknown[] = [];
    for (const { attempt, feature, line } of billedPairs()) {
      // The cost of an estimate is not exact.
      if (attempt.usage!.source === 'estimated') continue;
      const units = unitsOfLine(line);
      const { cost, usage } = attempt;
      if (units === null || cost?.source === 'unknown') {
        if (units !== null || cost?.source !== 'unknown') wrong.push([line, cost]);
        continue;
      }
      const tier = line.serviceTier === null ? null : (usage!.serviceTier ?? 'default');
      add(recorded, `${feature} ${line.model} ${tier}`, BigInt(Math.round(cost!.costUsd * 1e12)));
      // The feature comes from the table of wires, not from the telemetry.
      add(billed, `${features.get(line.model)} ${line.model} ${line.serviceTier}`, units);
    }
    expect(wrong).toEqual([]);
    expect(Object.fromEntries(recorded)).toEqual(Object.fromEntries(billed));
    process.stdout.write(`${lines.length} requests in ${wires.length} formats are equal to the bill.\n`);
  });
});

/** Returns the feature of each model. */
function featuresOf(wires: readonly Wire[]): ReadonlyMap<string, string> {
  return new Map(wires.flatMap(({ models, feature }) => models.map((model) => [model, feature] as const)));
}

/** Feature and usage of an attempt as text. Dialects may omit the reasoning, and some responses report no usage. */
function recordedOf({ attempt, feature }: Recorded): string {
  if (attempt.usage!.source !== 'provider') return `${feature}: not reported`;
  return textOf(feature, { ...countsOfAttempt(attempt), ...partsOf(attempt.requestModel) });
}

function billedOf(line: LedgerEntry, features: ReadonlyMap<string, string>): string {
  const feature = features.get(line.model)!;
  if (line.images > 0 || UNREPORTED_MODELS.has(line.model)) return `${feature}: not reported`;
  return textOf(feature, { ...countsOfLine(line), ...partsOf(line.model) });
}

function partsOf(model: string | null): object {
  return model === LOSSY_MODEL ? { reasoning: 0 } : {};
}

function textOf(feature: string, counts: object): string {
  const used = Object.entries(counts).filter(([, count]) => count !== 0);
  return `${feature}: ${used.map(([name, count]) => `${count} ${name}`).join(', ')}`;
}

/** @param round - the number of calls before in the same format */
function drawOf(index: number, round: number, random: () => number): Draw {
  const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)]!;
  return {
    stream: random() < 0.5,
    prompt: `${pick(['Orders', 'Tickets'])} of a shop: ${'a long cable, '.repeat(pick([1, 8, 400]))} no. ${index}.`,
    dialects: [USAGES[round % USAGES.length]!, pick(OTHERS)],
    tier: pick(['default', 'default', 'flex', 'priority']),
    count: 1 + Math.floor(random() * 3),
  };
}
