import type { GeneratedFile } from './generated-file.js';
import { grafanaDashboards } from './grafana/dashboards.js';
import type { GenerateOptions } from './options.js';
import { ruleFiles } from './rules/rule-files.js';

export type Generator = (options: GenerateOptions) => readonly GeneratedFile[];

/** All generators of files in `deploy/`. */
export const GENERATORS: readonly Generator[] = [ruleFiles, grafanaDashboards];
