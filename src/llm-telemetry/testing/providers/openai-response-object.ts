import type OpenAI from 'openai';
import { usedTier, proxyCost } from './openai-request.js';
import { fullText, type GeneratedResponse } from '../model/emulated-api.js';

type SdkResponse = OpenAI.Responses.Response;

/** Response on the wire; the SDK adds `output_text`. */
export type SentResponse = Omit<SdkResponse, 'output_text'>;
export type OutputItem = OpenAI.Responses.ResponseOutputItem;
type Status = NonNullable<SdkResponse['status']>;

/** Builds the response object of a status. Source: API reference, “The response object”. */
export function responseObject(
  generated: GeneratedResponse,
  moment: 'queued' | 'in_progress' | 'ended',
): SentResponse {
  const { request, finish } = generated;
  const { body } = request;
  const hasEnded = moment === 'ended';
  const status = hasEnded ? STATUS[finish] : moment;
  return {
    id: generated.id,
    object: 'response',
    created_at: generated.created,
    ...(status === 'completed' ? { completed_at: generated.created } : {}),
    status,
    background: body['background'] === true,
    error:
      hasEnded && finish === 'failed'
        ? {
            code: generated.failedWith as OpenAI.Responses.ResponseError['code'],
            message: 'The model failed to generate a response.',
          }
        : null,
    incomplete_details: hasEnded ? incompleteDetails(finish) : null,
    instructions: typeof body['instructions'] === 'string' ? body['instructions'] : null,
    max_output_tokens: (body['max_output_tokens'] as number | undefined) ?? null,
    model: generated.model,
    output: hasEnded ? outputItems(generated) : [],
    parallel_tool_calls: true,
    previous_response_id: (body['previous_response_id'] as string | undefined) ?? null,
    reasoning: { effort: request.reasons ? 'medium' : null, summary: null },
    service_tier: hasEnded ? usedTier(body) : 'auto',
    temperature: (body['temperature'] as number | undefined) ?? 1,
    text: { format: { type: 'text' } },
    tool_choice: 'auto',
    tools: (body['tools'] as OpenAI.Responses.Tool[] | undefined) ?? [],
    top_p: 1,
    truncation: 'disabled',
    access_programs: null,
    metadata: {},
    ...(hasEnded && finish !== 'failed'
      ? { usage: usage(generated), tool_usage: toolUsage(generated) }
      : NO_USAGE),
  };
}

/** Builds the response of a compaction: the encrypted conversation. */
export function compactedResponse(generated: GeneratedResponse): OpenAI.Responses.CompactedResponse {
  const encrypted_content = Buffer.from(fullText(generated)).toString('base64');
  return {
    id: generated.id,
    object: 'response.compaction',
    created_at: generated.created,
    output: [{ id: idOf(generated, 'cmp_'), type: 'compaction', encrypted_content }],
    usage: usage(generated),
  };
}

/** The provider sends `null`; the types only allow `undefined`. */
const NO_USAGE = { usage: null as unknown as undefined };

const STATUS: Readonly<Record<GeneratedResponse['finish'], Status>> = {
  stop: 'completed',
  tool_calls: 'completed',
  refusal: 'completed',
  length: 'incomplete',
  content_filter: 'incomplete',
  // Responses has no equivalent.
  paused: 'incomplete',
  failed: 'failed',
};

function incompleteDetails(finish: GeneratedResponse['finish']): SentResponse['incomplete_details'] {
  if (finish === 'length') return { reason: 'max_output_tokens' };
  return finish === 'content_filter' ? { reason: 'content_filter' } : null;
}

function usage(generated: GeneratedResponse): OpenAI.Responses.ResponseUsage & { cost?: number } {
  const { inputTokens } = generated.request;
  return {
    input_tokens: inputTokens,
    input_tokens_details: { cached_tokens: generated.cachedInputTokens, cache_write_tokens: 0 },
    output_tokens: generated.outputTokens,
    output_tokens_details: { reasoning_tokens: generated.reasoningTokens },
    total_tokens: inputTokens + generated.outputTokens,
    ...proxyCost(generated.proxyCostUsd),
  };
}

function toolUsage(generated: GeneratedResponse): SentResponse['tool_usage'] {
  return {
    image_gen: {
      input_tokens: 0,
      input_tokens_details: { image_tokens: 0, text_tokens: 0 },
      output_tokens: 0,
      total_tokens: 0,
    },
    web_search: { num_requests: generated.webSearches },
  };
}

/** Builds the output items in order: reasoning, web search, then the message or tool call. */
export function outputItems(generated: GeneratedResponse): OutputItem[] {
  const items: OutputItem[] = [];
  if (generated.finish === 'failed') return items;
  if (generated.reasoningTokens > 0) {
    items.push({ id: idOf(generated, 'rs_'), type: 'reasoning', summary: [] });
  }
  if (generated.webSearches > 0) {
    items.push({
      id: idOf(generated, 'ws_'),
      type: 'web_search_call',
      status: 'completed',
      action: { type: 'search', query: 'example', queries: ['example'] },
    });
  }
  const said = streamedItem(generated);
  return said ? [...items, said] : items;
}

type StreamedItem = OpenAI.Responses.ResponseOutputMessage | OpenAI.Responses.ResponseFunctionToolCall;

/** Builds the item that is streamed in deltas; `null` without output. */
export function streamedItem(generated: GeneratedResponse): StreamedItem | null {
  const { finish } = generated;
  if (finish === 'failed') return null;
  const text = fullText(generated);
  if (generated.tool) {
    return {
      id: idOf(generated, 'fc_'),
      type: 'function_call',
      call_id: idOf(generated, 'call_'),
      name: generated.tool.name,
      arguments: text,
      status: finish === 'tool_calls' ? 'completed' : 'incomplete',
    };
  }
  if (text === '' && finish !== 'stop') return null;
  return {
    id: idOf(generated, 'msg_'),
    type: 'message',
    role: 'assistant',
    status: finish === 'stop' || finish === 'refusal' ? 'completed' : 'incomplete',
    content: [contentPart(finish, text)],
  };
}

export function contentPart(
  finish: GeneratedResponse['finish'],
  text: string,
): OpenAI.Responses.ResponseOutputText | OpenAI.Responses.ResponseOutputRefusal {
  return finish === 'refusal'
    ? { type: 'refusal', refusal: text }
    : { type: 'output_text', text, annotations: [], logprobs: [] };
}

function idOf(generated: GeneratedResponse, prefix: string): string {
  return prefix + generated.id.slice(-12);
}
