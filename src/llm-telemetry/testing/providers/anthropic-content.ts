import type Anthropic from '@anthropic-ai/sdk';
import { fullText, textOfPieces, type GeneratedResponse } from '../model/emulated-api.js';

type Block = Anthropic.Beta.Messages.BetaContentBlock;
type Delta = Anthropic.Beta.Messages.BetaRawContentBlockDelta;

/** Content block of a message, complete and streamed. */
interface SentBlock {
  readonly whole: Block;
  /** Block in `content_block_start`. */
  readonly start: Block;
  readonly deltas: ReadonlyArray<{ readonly delta: Delta; readonly tokens: number }>;
}

/**
 * Builds the blocks of a message, in order. Source: API reference, “Messages” and “Streaming Messages”;
 * documentation, “Extended thinking”, “Web search tool” and “Compaction”; beta types of the SDK.
 */
export function contentBlocks(generated: GeneratedResponse): readonly SentBlock[] {
  const { extras, steps } = generated;
  const blocks: SentBlock[] = [];
  if (extras.has('iterations')) blocks.push(compaction());
  if (extras.has('fallback')) blocks.push(atOnce(handover(steps[0]!.model, generated.model)));
  if (generated.reasoning.length > 0) blocks.push(thinking(generated));
  if (generated.webSearches > 0) blocks.push(...search(generated));
  if (generated.tool) return [...blocks, toolUse(generated, generated.tool.name)];
  const isSilent = fullText(generated) === '' && !generated.request.stream;
  return isSilent ? blocks : [...blocks, textBlock(generated)];
}

function atOnce(block: Block): SentBlock {
  return { whole: block, start: block, deltas: [] };
}

function thinking(generated: GeneratedResponse): SentBlock {
  const signature = Buffer.from(`signature of ${generated.id}`).toString('base64');
  return {
    whole: { type: 'thinking', thinking: textOfPieces(generated.reasoning), signature },
    start: { type: 'thinking', thinking: '', signature: '' },
    deltas: [
      ...generated.reasoning.map(({ text, tokens }) => ({
        delta: { type: 'thinking_delta', thinking: text, estimated_tokens: null } as const,
        tokens,
      })),
      { delta: { type: 'signature_delta', signature }, tokens: 0 },
    ],
  };
}

function textBlock(generated: GeneratedResponse): SentBlock {
  const citations = generated.webSearches > 0 ? [citation()] : null;
  return {
    whole: { type: 'text', text: fullText(generated), citations },
    start: { type: 'text', text: '', citations: citations && [] },
    deltas: [
      ...(citations ?? []).map((cited) => ({
        delta: { type: 'citations_delta', citation: cited } as const,
        tokens: 0,
      })),
      ...generated.pieces.map(({ text, tokens }) => ({
        delta: { type: 'text_delta', text } as const,
        tokens,
      })),
    ],
  };
}

function toolUse(generated: GeneratedResponse, name: string): SentBlock {
  const text = fullText(generated);
  const block = {
    type: 'tool_use',
    id: `toolu_${generated.id.slice(-12)}`,
    caller: { type: 'direct' },
    name,
    input: {},
  } as const satisfies Block;
  return {
    whole: { ...block, input: parsed(text) },
    start: block,
    deltas: generated.pieces.map(({ text: partial, tokens }) => ({
      delta: { type: 'input_json_delta', partial_json: partial } as const,
      tokens,
    })),
  };
}

/** Parses tool arguments. Truncated arguments are replaced by an empty object. */
function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return {};
  }
}

const PAGE = { title: 'An example', url: 'https://example.com/' } as const;

/** Builds the blocks of a web search and its result. */
function search(generated: GeneratedResponse): SentBlock[] {
  const id = `srvtoolu_${generated.id.slice(-12)}`;
  const input = { query: 'example' };
  const use = { type: 'server_tool_use', id, name: 'web_search', caller: { type: 'direct' } } as const;
  return [
    {
      whole: { ...use, input },
      start: { ...use, input: {} },
      deltas: [{ delta: { type: 'input_json_delta', partial_json: JSON.stringify(input) }, tokens: 0 }],
    },
    atOnce({
      type: 'web_search_tool_result',
      tool_use_id: id,
      caller: { type: 'direct' },
      content: [{ type: 'web_search_result', ...PAGE, page_age: null, encrypted_content: 'RXhhbXBsZQ==' }],
    }),
  ];
}

function citation(): Anthropic.Beta.Messages.BetaCitationsWebSearchResultLocation {
  return {
    type: 'web_search_result_location',
    ...PAGE,
    cited_text: 'This domain is for use in examples.',
    encrypted_index: 'RXhhbXBsZQ==',
  };
}

/** Builds one block with one delta. Source: guide “Compaction”. */
function compaction(): SentBlock {
  const content = 'So far the user has asked several things, and all of them were answered.';
  return {
    whole: { type: 'compaction', content, encrypted_content: null },
    start: { type: 'compaction', content: null, encrypted_content: null },
    deltas: [{ delta: { type: 'compaction_delta', content, encrypted_content: null }, tokens: 0 }],
  };
}

/** Builds the block between two models' outputs. */
function handover(from: string, to: string): Block {
  return {
    type: 'fallback',
    from: { model: from },
    to: { model: to },
    trigger: { type: 'refusal', category: null },
  };
}
