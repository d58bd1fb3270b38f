import { PlainService, type Application, type Service } from './application.js';
import { beginAudit } from './audit.js';
import { Floor } from './floor.js';
import { runPaired, type BlockTime, type Runner } from './paired-runs.js';
import { planOf, type Scenario } from './scenarios.js';
import { spreadOf, type Spread } from './statistics.js';
import type { Transport } from './transports/transport.js';
import { BARE, BARE_SPANS, FLOOR } from './variants.js';
import { unobserved } from './unobserved.js';
import type { Work } from './work/work.js';

/** Results of a scenario, in microseconds per call. */
export interface Measurement {
  readonly scenario: Scenario;
  readonly transport: Transport['name'];
  readonly bare: Time;
  /** Time that each runner adds to `bare`: differences of blocks from the same round. */
  readonly added: ReadonlyMap<string, Time>;
  /** Errors in the telemetry of these calls. */
  readonly problems: readonly string[];
}

/** Time per call over the blocks of one variant. */
export interface Time {
  readonly wallUs: Spread;
  readonly meanCpuUs: number;
}

/** Measures a scenario over a transport. The floor is measured beside the application that has metrics. */
export async function measure(
  scenario: Scenario,
  transport: Transport,
  application: Application,
  quick: boolean,
): Promise<Measurement> {
  const plan = planOf(scenario, quick);
  const runners = [
    bareRunner(scenario, transport),
    runnerOf(scenario, transport, application),
    ...(await floorRunners(scenario, transport, application)),
  ];
  const audit = beginAudit(application, scenario.tokens);
  const times = await runPaired(runners, plan);
  const calls = (plan.rounds + plan.warmUpRounds) * plan.callsPerBlock;
  return {
    scenario,
    transport: transport.name,
    bare: timeOf(times.get(BARE)!),
    added: addedTo(times),
    problems: audit(calls),
  };
}

function addedTo(times: ReadonlyMap<string, readonly BlockTime[]>): ReadonlyMap<string, Time> {
  const bare = times.get(BARE)!;
  const added = new Map<string, Time>();
  for (const [name, blocks] of times) {
    if (name !== BARE) added.set(name, timeOf(blocks.map((block, round) => minus(block, bare[round]!))));
  }
  return added;
}

function timeOf(blocks: readonly BlockTime[]): Time {
  return {
    wallUs: spreadOf(blocks.map(({ wallUs }) => wallUs)),
    meanCpuUs: blocks.reduce((sum, { cpuUs }) => sum + cpuUs, 0) / blocks.length,
  };
}

function minus(block: BlockTime, bare: BlockTime): BlockTime {
  return { wallUs: block.wallUs - bare.wallUs, cpuUs: block.cpuUs - bare.cpuUs };
}

function runWith(service: Service, work: Work, { byRun }: Scenario): Runner['run'] {
  return byRun ? () => service.run(work) : () => service.ask(work);
}

/** Creates work that no application observes. */
function bareWork(scenario: Scenario, fetch: Transport['fetch'], origin: string): Work {
  const work = scenario.work(fetch, origin);
  return scenario.byNodeHttp ? unobserved(work) : work;
}

function bareRunner(scenario: Scenario, { fetch, origin }: Transport): Runner {
  const service = new PlainService();
  const work = bareWork(scenario, fetch, origin);
  return { name: BARE, run: runWith(service, work, scenario) };
}

function runnerOf(scenario: Scenario, { fetch, origin }: Transport, application: Application): Runner {
  const { service, variant } = application;
  const work = scenario.work(application.tap(fetch), origin);
  return { name: variant.name, run: runWith(service, work, scenario) };
}

async function floorRunners(
  scenario: Scenario,
  transport: Transport,
  application: Application,
): Promise<readonly Runner[]> {
  const { spans, variant } = application;
  if (spans === null || !variant.metrics) return [];
  await runnerOf(scenario, transport, application).run();
  const { calls, attempts } = spans;
  const work = bareWork(scenario, transport.fetch, transport.origin);
  return [[BARE_SPANS, 0] as const, [FLOOR, 4] as const].map(([name, histograms]) => {
    const floor = new Floor(calls.last!, attempts.last!, histograms);
    return { name, run: () => floor.ask(work) };
  });
}
