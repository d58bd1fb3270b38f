import { fork } from 'node:child_process';
import { once } from 'node:events';
import { checkLimits } from './call-limits.js';
import type { Measurement } from './measure.js';
import type { NonModelTime } from './non-model.js';
import type { BenchOptions } from './options.js';
import { printReport } from './report.js';
import { SCENARIOS } from './scenarios.js';
import type { SentMeasurement, VariantResults, VariantTask } from './variant-process.js';
import { VARIANTS } from './variants.js';

/** Measures what each layer of the library adds to the SDKs, and checks the limits. See README.md. */
export async function measureLayers(options: BenchOptions): Promise<void> {
  const measurements = new Map<string, Measurement>();
  let nonModel: NonModelTime | null = null;
  for (const { name } of VARIANTS) {
    if (options.variants.length > 0 && !options.variants.includes(name)) continue;
    const results = await measureVariant({ variant: name, options });
    for (const measurement of results.measurements) add(measurements, measurement);
    ({ nonModel } = results);
  }
  if (nonModel === null) throw new TypeError(`No variant is named ${options.variants.join(' or ')}`);

  const verdicts = checkLimits([...measurements.values()], nonModel.added);
  process.stdout.write(printReport([...measurements.values()], nonModel, verdicts));

  const invalid = [...measurements.values()].some(({ problems }) => problems.length > 0);
  const exceeded = verdicts.some((verdict) => verdict.exceeded);
  process.exitCode = invalid || (options.check && exceeded) ? 1 : 0;
}

async function measureVariant(task: VariantTask): Promise<VariantResults> {
  const child = fork(new URL('variant-process.js', import.meta.url), { serialization: 'advanced' });
  child.send(task);
  const failed = once(child, 'exit').then(([code]) => {
    throw new Error(`The process of ${task.variant} ended with code ${code}`);
  });
  const [results] = (await Promise.race([once(child, 'message'), failed])) as [VariantResults];
  failed.catch(() => {});
  return results;
}

/** Adds what a variant adds. The times of the bare SDK are those of the last process. */
function add(all: Map<string, Measurement>, sent: SentMeasurement): void {
  const scenario = SCENARIOS.find(({ name }) => name === sent.scenario)!;
  const key = `${sent.scenario} ${sent.transport}`;
  const before = all.get(key);
  all.set(key, {
    ...sent,
    scenario,
    added: new Map([...(before?.added ?? []), ...sent.added]),
    problems: [...(before?.problems ?? []), ...sent.problems],
  });
}
