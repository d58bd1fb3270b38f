import type { Convention } from './conventions.js';
import type { Sdk } from './tasks.js';

/** One side of the comparison. It runs in a process of its own. */
export interface Contestant {
  readonly name: string;
  /** What it records for a call. */
  readonly records: string;
  /** Module that starts it (`contestant.ts`). */
  readonly module: URL;
  /** Packages whose versions are reported. */
  readonly packages: readonly string[];
  /** Packages of the newest SDKs that it supports. */
  readonly sdks: Readonly<Partial<Record<Sdk, string>>>;
  /** The contestant whose time is subtracted: bare SDKs of the same versions. `null`: it is one of them. */
  readonly bare: string | null;
  readonly spansPerCall: number;
  /** Names of its attributes. `null`: spans are not verified. */
  readonly convention: Convention | null;
  /** Options of Node.js, relative to this folder. */
  readonly execArgv?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Its manual spans copy the attributes of the library's spans. */
  readonly usesTemplates?: boolean;
}

export const OURS = 'nestjs-llm-telemetry';
export const FLOOR = 'floor: two manual spans, four histograms';
const BARE = 'bare SDKs';
const BARE_OLDER = 'bare SDKs, older versions';

const NEWEST = { openai: 'openai', anthropic: '@anthropic-ai/sdk' };
const NEWEST_OPENAI = { openai: 'openai' };
const NEWEST_ANTHROPIC = { anthropic: '@anthropic-ai/sdk' };
/** OpenTelemetry and Traceloop support nothing newer. */
const OLDER = { openai: 'openai-6', anthropic: 'anthropic-0' };
const OLDER_OPENAI = { openai: 'openai-6' };

const own = (name: string): URL => new URL(`own/${name}.js`, import.meta.url);
/** Relative to the sources, because the packages are installed there. */
const peer = (name: string): URL => new URL(`../../../bench/peers/contestants/${name}.mjs`, import.meta.url);

const bare = {
  records: '',
  module: own('bare'),
  packages: [],
  bare: null,
  spansPerCall: 0,
  convention: null,
};

export const CONTESTANTS: readonly Contestant[] = [
  { name: BARE, ...bare, sdks: NEWEST },
  { name: BARE_OLDER, ...bare, sdks: OLDER },
  {
    name: OURS,
    records: 'two spans, metrics, cost, record',
    module: own('ours'),
    packages: [],
    sdks: NEWEST,
    bare: BARE,
    spansPerCall: 2,
    convention: 'GenAI',
  },
  {
    name: FLOOR,
    records: 'the same spans and metrics, written by hand',
    module: own('floor'),
    packages: [],
    sdks: NEWEST,
    bare: BARE,
    spansPerCall: 2,
    convention: 'GenAI',
    usesTemplates: true,
  },
  {
    name: 'OpenLIT and a manual parent span',
    records: 'two spans, metrics, cost',
    module: peer('openlit-parent'),
    packages: ['openlit'],
    sdks: NEWEST,
    bare: BARE,
    spansPerCall: 2,
    convention: 'GenAI',
    usesTemplates: true,
  },
  {
    name: 'OpenLIT',
    records: 'one span, metrics, cost',
    module: peer('openlit'),
    packages: ['openlit'],
    sdks: NEWEST,
    bare: BARE,
    spansPerCall: 1,
    convention: 'GenAI',
  },
  {
    name: 'Arize OpenInference',
    records: 'one span',
    module: peer('arize'),
    packages: [
      '@arizeai/openinference-instrumentation-openai',
      '@arizeai/openinference-instrumentation-anthropic',
    ],
    sdks: NEWEST,
    bare: BARE,
    spansPerCall: 1,
    convention: 'OpenInference',
  },
  {
    name: 'Langfuse',
    records: 'one span, with the content',
    module: peer('langfuse'),
    packages: ['@langfuse/openai'],
    sdks: NEWEST_OPENAI,
    bare: BARE,
    spansPerCall: 1,
    convention: 'Langfuse',
  },
  {
    name: 'Datadog',
    records: 'an APM span and an LLM span, with the content',
    module: peer('datadog'),
    packages: ['dd-trace'],
    sdks: NEWEST,
    bare: BARE,
    spansPerCall: 2,
    convention: 'Datadog',
    execArgv: ['--import', 'dd-trace/initialize.mjs'],
    env: {
      DD_LLMOBS_ENABLED: '1',
      DD_LLMOBS_ML_APP: 'bench',
      DD_LLMOBS_AGENTLESS_ENABLED: '0',
      DD_INSTRUMENTATION_TELEMETRY_ENABLED: '0',
      DD_REMOTE_CONFIGURATION_ENABLED: '0',
      DD_TRACE_STARTUP_LOGS: '0',
    },
  },
  {
    name: 'OpenTelemetry',
    records: 'one span, metrics',
    module: peer('opentelemetry'),
    packages: ['@opentelemetry/instrumentation-openai'],
    sdks: OLDER_OPENAI,
    bare: BARE_OLDER,
    spansPerCall: 1,
    convention: 'GenAI',
  },
  {
    name: 'Traceloop',
    records: 'one span',
    module: peer('traceloop'),
    packages: ['@traceloop/instrumentation-openai', '@traceloop/instrumentation-anthropic'],
    sdks: OLDER,
    bare: BARE_OLDER,
    spansPerCall: 1,
    convention: 'GenAI',
  },
  {
    name: "Anthropic SDK's own spans",
    records: 'one span',
    module: own('anthropic'),
    packages: [],
    sdks: NEWEST_ANTHROPIC,
    bare: BARE,
    spansPerCall: 1,
    convention: 'GenAI',
  },
];

/** Returns the contestants with these names, with the library and with the bare SDKs that they are compared with. */
export function contestantsNamed(names: readonly string[]): readonly Contestant[] {
  const named = CONTESTANTS.filter(
    ({ name, bare }) => bare !== null && (names.length === 0 || name === OURS || names.includes(name)),
  );
  const unknown = names.filter((name) => named.every((contestant) => contestant.name !== name));
  if (unknown.length > 0) throw new TypeError(`Unknown contestants: ${unknown.join(', ')}.`);
  const needed = new Set(named.map(({ bare }) => bare));
  return CONTESTANTS.filter((contestant) => named.includes(contestant) || needed.has(contestant.name));
}
