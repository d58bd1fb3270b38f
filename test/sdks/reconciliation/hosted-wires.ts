import { post, texts, type Draw, type Wire } from './wire.js';

/** Models of Workers AI other than language models. */
export function workersAiWires(url: string): readonly Wire[] {
  const wire = (name: string, model: string, bodyOf: (draw: Draw) => object): Wire => ({
    name: `${name} of Workers AI`,
    models: [model],
    feature: 'edge',
    ask: (draw) => post(`${url}/client/v4/accounts/a/ai/run/${model}`, bodyOf(draw)),
  });
  const contexts = (count: number): object[] => texts('a cup', count).map((text) => ({ text }));
  return [
    wire('images', '@cf/black-forest-labs/flux-1-schnell', ({ prompt }) => ({ prompt })),
    wire('image files', '@cf/stabilityai/stable-diffusion-xl-base-1.0', ({ prompt }) => ({ prompt })),
    wire('transcripts', '@cf/openai/whisper-large-v3-turbo', ({ count }) => ({
      audio: Buffer.alloc(20_000 * count).toString('base64'),
    })),
    wire('spoken characters', '@cf/deepgram/aura-1', ({ prompt }) => ({ text: prompt })),
    wire('speech', '@cf/myshell-ai/melotts', ({ prompt }) => ({ prompt })),
    wire('embeddings', '@cf/baai/bge-base-en-v1.5', ({ prompt, count }) => ({ text: texts(prompt, count) })),
    wire('rankings', '@cf/baai/bge-reranker-base', ({ prompt, count }) => ({
      query: prompt,
      contexts: contexts(count),
    })),
  ];
}

/** Embeddings and rankings of DashScope. */
export function dashscopeWires(url: string): readonly Wire[] {
  const wire = (name: string, model: string, path: string, inputOf: (draw: Draw) => object): Wire => ({
    name: `${name} of DashScope`,
    models: [model],
    feature: 'search',
    ask: (draw) => post(`${url}/api/v1/services/${path}`, { model, input: inputOf(draw) }),
  });
  const image = { image: 'https://shop.example/a.png' };
  return [
    wire(
      'embeddings',
      'text-embedding-v4',
      'embeddings/text-embedding/text-embedding',
      ({ prompt, count }) => ({
        texts: texts(prompt, count),
      }),
    ),
    wire(
      'embeddings of images',
      'multimodal-embedding-v1',
      'embeddings/multimodal-embedding/multimodal-embedding',
      ({ prompt, count }) => ({
        contents: [{ text: prompt }, ...Array.from({ length: count }, () => image)],
      }),
    ),
    wire('rankings', 'gte-rerank-v2', 'rerank/text-rerank/text-rerank', ({ prompt, count }) => ({
      query: prompt,
      documents: texts('a cup', count),
    })),
  ];
}
