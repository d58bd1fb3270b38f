import './bare-fetch.js';
import { startApplication } from './application.js';
import { measure, type Measurement } from './measure.js';
import { measureNonModel, type NonModelTime } from './non-model.js';
import type { BenchOptions } from './options.js';
import { scenariosOf } from './scenarios.js';
import { httpTransport } from './transports/http.js';
import { memoryTransport } from './transports/memory.js';
import { VARIANTS } from './variants.js';

/** What the process of a variant measures. */
export interface VariantTask {
  /** Name of the variant. */
  readonly variant: string;
  readonly options: BenchOptions;
}

/** Results of a variant. */
export interface VariantResults {
  readonly measurements: readonly SentMeasurement[];
  readonly nonModel: NonModelTime;
}

/** A measurement without the functions of its scenario, which no message can contain. */
export type SentMeasurement = Omit<Measurement, 'scenario'> & { readonly scenario: string };

/** Process of a variant: an application that shares its process with another one would share its compiled code, too. */
process.once('message', ({ variant, options }: VariantTask) => {
  void measureVariant(variant, options).then((results) => process.send!(results, () => process.disconnect()));
});

async function measureVariant(name: string, options: BenchOptions): Promise<VariantResults> {
  const variant = VARIANTS.find((one) => one.name === name)!;
  const application = await startApplication(variant);
  const measurements: SentMeasurement[] = [];
  for (const transportName of options.transports) {
    const transport = transportName === 'memory' ? memoryTransport() : await httpTransport();
    for (const scenario of scenariosOf(transport)) {
      if (!scenario.name.includes(options.only) || (scenario.byNodeHttp && !variant.annotated)) continue;
      process.stderr.write(`${scenario.name}, ${transportName}, ${name} …\n`);
      const measurement = await measure(scenario, transport, application, options.quick);
      measurements.push({ ...measurement, scenario: scenario.name });
    }
    transport.stop();
  }
  const nonModel = measureNonModel(application, options.quick);
  await application.stop();
  return { measurements, nonModel };
}
