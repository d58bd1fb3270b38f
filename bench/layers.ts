import './bare-fetch.js';
import { startApplication, type Application } from './application.js';
import { checkLimits } from './call-limits.js';
import { measure, type Measurement } from './measure.js';
import { measureNonModel } from './non-model.js';
import type { BenchOptions } from './options.js';
import { printReport } from './report.js';
import { scenariosOf } from './scenarios.js';
import { httpTransport } from './transports/http.js';
import { memoryTransport } from './transports/memory.js';
import { VARIANTS } from './variants.js';

/** Measures what each layer of the library adds to the SDKs, and checks the limits. See README.md. */
export async function measureLayers(options: BenchOptions): Promise<void> {
  const applications: Application[] = [];
  for (const variant of VARIANTS) applications.push(await startApplication(variant));
  const compared = applications.filter(
    ({ variant }) => options.variants.length === 0 || options.variants.includes(variant.name),
  );

  const measurements: Measurement[] = [];
  for (const name of options.transports) {
    const transport = name === 'memory' ? memoryTransport() : await httpTransport();
    for (const scenario of scenariosOf(transport).filter((one) => one.name.includes(options.only))) {
      process.stderr.write(`${scenario.name}, ${name} …\n`);
      measurements.push(await measure(scenario, transport, compared, options.quick));
    }
    transport.stop();
  }
  const nonModel = measureNonModel(applications.at(-1)!, options.quick);
  for (const application of applications) await application.stop();

  const verdicts = checkLimits(measurements, nonModel.added);
  process.stdout.write(printReport(measurements, nonModel, verdicts));

  const invalid = measurements.some(({ problems }) => problems.length > 0);
  const exceeded = verdicts.some((verdict) => verdict.exceeded);
  process.exitCode = invalid || (options.check && exceeded) ? 1 : 0;
}
