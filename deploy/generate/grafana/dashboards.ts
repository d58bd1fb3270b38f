import type { GeneratedFile, GenerateOptions } from '../options.js';
import { COST } from './cost.js';
import { dashboardOf } from './dashboard.js';
import { FEATURE_DASHBOARD } from './feature.js';
import { OVERVIEW } from './overview.js';

/** Generates the Grafana dashboards for each naming scheme. */
export function grafanaDashboards(options: GenerateOptions): readonly GeneratedFile[] {
  return options.namings.flatMap((naming) =>
    [OVERVIEW, FEATURE_DASHBOARD, COST].map((definition) => ({
      path: `grafana/${naming}/llm-${definition.name}.json`,
      content: `${JSON.stringify(dashboardOf(definition, naming, options), null, 2)}\n`,
    })),
  );
}
