import { createOpenAI } from '@ai-sdk/openai';
import { Agent } from '@mastra/core/agent';
import { createTool } from '@mastra/core/tools';
import { runAgent, streamAgent, type AgentOptions } from '../../tracers/openai-agents.js';
import { TOOL, TOOL_DESCRIPTION, ToolInput, useTool } from '../prompts-and-tools.js';
import { leave, PROMPT, readAll, type Client, type ClientSide } from './client.js';

const optionsOf = (api: AgentOptions['api'], { emulator, maxRetries }: ClientSide): AgentOptions => ({
  api,
  maxRetries,
  baseURL: emulator.openaiBaseUrl,
});

function openaiAgents(api: AgentOptions['api']): Client['ways'] {
  return {
    response: (side) => runAgent(PROMPT, optionsOf(api, side)),
    stream: (side) => readAll(streamAgent(PROMPT, optionsOf(api, side))),
    leave: async (side) => Boolean(await leave(streamAgent(PROMPT, optionsOf(api, side)), (text) => text)),
    tool: (side) => runAgent(PROMPT, { ...optionsOf(api, side), hasTool: true }),
  };
}

const mastra = ({ emulator, maxRetries }: ClientSide): Agent =>
  new Agent({
    id: 'helper',
    name: 'helper',
    instructions: 'Help.',
    model: createOpenAI({ apiKey: 'sk-canary', baseURL: emulator.openaiBaseUrl }).chat(
      'gpt-4o-mini',
    ) as never,
    maxRetries,
    tools: {
      [TOOL]: createTool({
        id: TOOL,
        description: TOOL_DESCRIPTION,
        inputSchema: ToolInput as never,
        execute: async (input: unknown) => useTool(input as { city: string }),
      }),
    },
  });

/** Libraries for agents. A tool that they run costs a second request. */
export const AGENTS: readonly Client[] = [
  {
    name: '@openai/agents {version}, Chat Completions',
    package: '@openai/agents',
    toolSteps: 2,
    ways: openaiAgents('chat'),
  },
  {
    name: '@openai/agents {version}, Responses',
    package: '@openai/agents',
    toolSteps: 2,
    ways: openaiAgents('responses'),
  },
  {
    name: '@mastra/core {version}, `Agent`',
    package: '@mastra/core',
    toolSteps: 2,
    ways: {
      response: async (side) => (await mastra(side).generate(PROMPT)).text,
      stream: async (side) => readAll((await mastra(side).stream(PROMPT)).textStream),
      leave: async (side) =>
        Boolean(await leave((await mastra(side).stream(PROMPT)).textStream, (text) => text)),
      tool: async (side) => (await mastra(side).generate(PROMPT)).text,
    },
  },
];
