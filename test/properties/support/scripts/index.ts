import type { ScriptedFormat } from '../script.js';
import { chatCompletions } from './chat-completions.js';
import { completions } from './completions.js';
import { embeddings } from './embeddings.js';
import { images } from './images.js';
import { messages } from './messages.js';
import { responses } from './responses.js';
import { transcriptions } from './transcriptions.js';

/** Scripted formats for all supported wire formats. */
export const SCRIPTED_FORMATS: readonly ScriptedFormat[] = [
  chatCompletions,
  messages,
  responses,
  embeddings,
  completions,
  images,
  transcriptions,
];
