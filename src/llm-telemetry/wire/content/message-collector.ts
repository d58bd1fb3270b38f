import { MAX_NAMES } from '../../text/bounded-name.js';
import type { ContentMessage, ContentPart } from './content.js';
import { assistantMessages, TextCollector, textPart } from './parts.js';

/** Collects the pieces of one assistant message: text, reasoning and tool calls. */
export class MessageCollector {
  /** The provider's finish reason. */
  finish: string | null = null;
  private readonly text: TextCollector;
  private readonly reasoning: TextCollector;
  private readonly calls = new Map<string, { id: string | null; name: string; arguments: TextCollector }>();

  /** @param limit - maximum number of characters of a text */
  constructor(private readonly limit: number) {
    this.text = new TextCollector(limit);
    this.reasoning = new TextCollector(limit);
  }

  addText(piece: string | null): void {
    this.text.add(piece);
  }

  addReasoning(piece: string | null): void {
    this.reasoning.add(piece);
  }

  /** Adds a tool call, or a piece of its arguments. @param key - identifies the call in this message */
  addCall(key: string, call: { id?: string | null; name?: string | null; arguments?: string | null }): void {
    let known = this.calls.get(key);
    if (!known && this.calls.size === MAX_NAMES) return;
    if (!known) {
      known = { id: null, name: '', arguments: new TextCollector(this.limit) };
      this.calls.set(key, known);
    }
    known.id ??= call.id ?? null;
    known.name ||= call.name ?? '';
    known.arguments.add(call.arguments ?? null);
  }

  /** Number of tool calls so far. */
  get callCount(): number {
    return this.calls.size;
  }

  /** Returns the message; no message if nothing was collected. */
  messages(): readonly ContentMessage[] {
    const parts: ContentPart[] = [];
    if (!this.reasoning.isEmpty) parts.push({ type: 'reasoning', content: this.reasoning.toString() });
    if (!this.text.isEmpty) parts.push(textPart(this.text.toString()));
    for (const call of this.calls.values())
      parts.push({ type: 'tool_call', id: call.id, name: call.name, arguments: call.arguments.toString() });
    return assistantMessages(parts, this.finish);
  }
}
