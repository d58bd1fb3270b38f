import Anthropic from '@anthropic-ai/sdk';
import { Injectable } from '@nestjs/common';
import { LlmCall } from 'nestjs-llm-telemetry';

export interface Triage {
  readonly category: string;
  readonly urgency: 'low' | 'medium' | 'high';
}

/** Thrown if a model response is not the requested JSON. */
export class InvalidTriageError extends SyntaxError {}

@Injectable()
export class TicketTriageService {
  constructor(private readonly anthropic: Anthropic) {}

  @LlmCall({
    feature: 'support_triage',
    operation: 'classify',
    attributes: (triage: Triage) => ({
      'ticket.category': triage.category,
      'ticket.urgency': triage.urgency,
    }),
  })
  async classify(ticketText: string): Promise<Triage> {
    const message = await this.anthropic.messages.create({
      model: 'claude-haiku-4-5',
      max_tokens: 100,
      messages: [{ role: 'user', content: prompt(ticketText) }],
    });
    const block = message.content[0];
    return readTriage(block?.type === 'text' ? block.text : '');
  }
}

function prompt(ticketText: string): string {
  return `Classify this support ticket.
Respond with JSON only: {"category": "...", "urgency": "low|medium|high"}

Ticket: ${ticketText}`;
}

function readTriage(text: string): Triage {
  // Models often wrap JSON in a Markdown fence.
  const { category, urgency } = JSON.parse(text.replace(/^```(?:json)?\s*|\s*```$/g, '')) as Partial<Triage>;
  if (typeof category !== 'string' || category === '' || !isUrgency(urgency)) {
    throw new InvalidTriageError('The model response has no valid category and urgency.');
  }
  return { category, urgency };
}

function isUrgency(value: unknown): value is Triage['urgency'] {
  return value === 'low' || value === 'medium' || value === 'high';
}
