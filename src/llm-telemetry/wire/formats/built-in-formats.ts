import { bedrockConverse, bedrockConverseOpenai } from './bedrock-converse.js';
import { bedrockInvoke } from './bedrock-invoke.js';
import { chatCompletions } from './chat-completions.js';
import { cohereChat, cohereChatV1 } from './cohere-chat.js';
import { cohereEmbed } from './cohere-embed.js';
import { completions } from './completions.js';
import { embeddings } from './embeddings.js';
import type { BuiltInFormat } from './format.js';
import { gatewayLanguage } from './gateway-language.js';
import {
  gatewayEmbedding,
  gatewayImage,
  gatewayReranking,
  gatewaySpeech,
  gatewayTranscription,
  gatewayVideo,
} from './gateway-models.js';
import { dashscope } from './dashscope.js';
import { dashscopeEmbeddings, dashscopeMultimodalEmbeddings, dashscopeRerank } from './dashscope-models.js';
import { databricksChat, databricksEmbeddings, watsonxChat } from './hosted-completions.js';
import { vertexChat, vertexFim, vertexMessages } from './hosted-messages.js';
import { gemini, vertexGemini } from './gemini.js';
import {
  geminiEmbeddings,
  imagen,
  vertexGeminiEmbeddings,
  vertexImagen,
  vertexPredictEmbeddings,
} from './gemini-embeddings.js';
import { images } from './images.js';
import { interactions, vertexInteractions } from './interactions.js';
import { messages } from './messages.js';
import { mistralAgents, mistralFim } from './mistral-completions.js';
import { mistralConversations } from './mistral-conversations.js';
import { mistralOcr } from './mistral-ocr.js';
import { ollamaChat, ollamaEmbeddings, ollamaGenerate } from './ollama.js';
import { rerank } from './rerank.js';
import { responses } from './responses.js';
import { snowflakeCortex, snowflakeEmbeddings } from './snowflake-cortex.js';
import { speech } from './speech.js';
import { transcriptions } from './transcriptions.js';
import { videos } from './videos.js';
import { voyageEmbeddings } from './voyage.js';
import { workersAiChat, workersAiPrompt, workersAiResponses } from './workers-ai.js';
import {
  workersAiEmbeddings,
  workersAiImages,
  workersAiRerank,
  workersAiSpeechModels,
  workersAiTranscriptions,
} from './workers-ai-models.js';

/**
 * The built-in wire formats. The first format that matches a path and accepts the body is used. A new format needs an
 * entry in this list and no other change: write a short format here, and a long one in a file of this folder.
 */
export const BUILT_IN_FORMATS: readonly BuiltInFormat[] = [
  chatCompletions,
  messages,
  responses,
  // Its path ends with that of OpenAI's embeddings.
  ollamaEmbeddings,
  embeddings,
  // Their paths end with that of Completions.
  mistralAgents,
  mistralFim,
  completions,
  images,
  transcriptions,
  speech,
  videos,
  bedrockConverseOpenai,
  bedrockConverse,
  ...bedrockInvoke,
  vertexMessages,
  vertexChat,
  vertexFim,
  databricksChat,
  databricksEmbeddings,
  watsonxChat,
  snowflakeCortex,
  snowflakeEmbeddings,
  dashscope,
  dashscopeEmbeddings,
  dashscopeMultimodalEmbeddings,
  dashscopeRerank,
  cohereChat,
  cohereChatV1,
  cohereEmbed,
  ollamaChat,
  ollamaGenerate,
  vertexGemini,
  gemini,
  vertexGeminiEmbeddings,
  geminiEmbeddings,
  vertexPredictEmbeddings,
  vertexImagen,
  imagen,
  vertexInteractions,
  interactions,
  rerank,
  voyageEmbeddings,
  mistralConversations,
  mistralOcr,
  gatewayLanguage,
  gatewayEmbedding,
  gatewayImage,
  gatewaySpeech,
  gatewayTranscription,
  gatewayReranking,
  gatewayVideo,
  workersAiImages,
  workersAiTranscriptions,
  ...workersAiSpeechModels,
  workersAiRerank,
  workersAiEmbeddings,
  workersAiChat,
  workersAiPrompt,
  workersAiResponses,
];
