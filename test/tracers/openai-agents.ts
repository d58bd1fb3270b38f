import {
  Agent,
  OpenAIChatCompletionsModel,
  OpenAIResponsesModel,
  Runner,
  setTracingDisabled,
  tool,
} from '@openai/agents';
import { OpenAI } from 'openai';
import { z } from 'zod';

setTracingDisabled(true);

/** Options of an agent of `@openai/agents`. */
export interface AgentOptions {
  readonly api: 'chat' | 'responses';
  readonly baseURL: string;
  readonly maxRetries: number;
  readonly hasTool?: boolean;
}

function runnerOf({ api, baseURL, maxRetries, hasTool = false }: AgentOptions) {
  const client = new OpenAI({ apiKey: 'sk-canary', baseURL, maxRetries });
  const Model = api === 'chat' ? OpenAIChatCompletionsModel : OpenAIResponsesModel;
  const weather = tool({
    name: 'weather',
    description: 'The weather of a city',
    parameters: z.object({ city: z.string() }),
    execute: async ({ city }) => `It is sunny in ${city}.`,
  });
  const agent = new Agent({
    name: 'helper',
    instructions: 'Help.',
    model: new Model(client as never, 'gpt-4o-mini'),
    tools: hasTool ? [weather] : [],
  });
  return { agent, runner: new Runner({ tracingDisabled: true }) };
}

/** Runs an agent and returns its final output. */
export async function runAgent(prompt: string, options: AgentOptions): Promise<unknown> {
  const { agent, runner } = runnerOf(options);
  return (await runner.run(agent, prompt)).finalOutput;
}

/** Runs an agent and returns the text of its stream. */
export async function streamAgent(prompt: string, options: AgentOptions): Promise<AsyncIterable<string>> {
  const { agent, runner } = runnerOf(options);
  const result = await runner.run(agent, prompt, { stream: true });
  return result.toTextStream({ compatibleWithNodeStreams: true }) as unknown as AsyncIterable<string>;
}
