import type OpenAI from 'openai';
import {
  PLAIN_REQUEST,
  WITHOUT_TEXT,
  type EmulatedApi,
  type GeneratedResponse,
} from '../model/emulated-api.js';
import { Latest } from '../model/latest.js';
import { openaiPlatform } from './openai-platform.js';

type Video = OpenAI.Videos.Video;

const PATH = /\/videos(?:\/edits|\/extensions|\/([^/]+)\/remix)?$/;

/**
 * OpenAI videos: create, remix, edit and extend, billed by the second. A job is completed at the first poll. Each emulator
 * has its own jobs. Source: API reference, “Videos”; types of openai 7 (`resources/videos`).
 */
export function openaiVideos(): EmulatedApi {
  const jobs = new Latest<Video>(1000);
  return {
    ...openaiPlatform,
    ...WITHOUT_TEXT,
    idPrefix: 'video_',
    matches: (path) => PATH.test(path),
    read(body, _, path) {
      const { model = 'sora-2', prompt, seconds = '4' } = body;
      if (typeof prompt !== 'string' || prompt === '') return "Missing required parameter: 'prompt'.";
      return {
        ...PLAIN_REQUEST,
        model: String(model),
        path,
        body,
        user: prompt,
        inputTokens: 0,
        units: { videoSeconds: Number(seconds) },
      };
    },
    json: (generated) => video(generated, 'queued'),
    store: (generated) => jobs.add(generated.id, video(generated, 'completed')),
    retrieve: (path) => jobs.find(/\/videos\/([^/]+)$/.exec(path)?.[1] ?? '') ?? null,
  };
}

function video({ id, created, model, request }: GeneratedResponse, status: Video['status']): Video {
  const isCompleted = status === 'completed';
  return {
    id,
    object: 'video',
    model,
    status,
    progress: isCompleted ? 100 : 0,
    created_at: created,
    completed_at: isCompleted ? created : null,
    expires_at: isCompleted ? created + 3600 : null,
    error: null,
    prompt: request.user,
    remixed_from_video_id: PATH.exec(request.path)?.[1] ?? null,
    seconds: String(request.units.videoSeconds),
    size: (request.body['size'] as Video['size'] | undefined) ?? '720x1280',
  };
}
