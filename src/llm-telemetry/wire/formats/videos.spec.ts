import '../../../../test/support/loaded-wire.js';
import { formatOfPath } from '../exchanges/known-formats.js';
import { NO_HEADERS } from '../headers.js';
import { emptyResponse } from '../response-draft.js';
import { toUsage } from '../to-usage.js';
import { videos } from './videos.js';

// Source: types of openai 7 (`Video`), values of the API reference, “Create video”.
const JOB = {
  id: 'video_123',
  object: 'video',
  model: 'sora-2',
  status: 'queued',
  progress: 0,
  error: null,
  created_at: 1_712_697_600,
  size: '1024x1792',
  seconds: '8',
};

describe('OpenAI videos', () => {
  it('counts the seconds of the job that a request starts', () => {
    const response = emptyResponse();
    videos.readResponse(JOB, response);
    expect(response).toMatchObject({ id: 'video_123', model: 'sora-2', complete: true, hasContent: true });
    expect(toUsage(response, true, () => null)).toMatchObject({ videoSeconds: 8, source: 'provider' });
  });

  it('reads a failed job and a refused request as errors', () => {
    const failed = emptyResponse();
    videos.readResponse({ ...JOB, status: 'failed', error: { code: 'moderation_blocked' } }, failed);
    expect(failed).toMatchObject({ complete: false, error: { code: 'moderation_blocked' } });
    const refused = emptyResponse();
    videos.readResponse({ error: { type: 'invalid_request_error' } }, refused);
    expect(refused.usage.videoSeconds).toBe(0);
    expect(toUsage(refused, false, () => videos.inputBytes({})).source).toBe('missing');
  });

  it.each(['/videos', '/videos/video_123/remix', '/videos/edits', '/videos/extensions'])(
    'matches %s',
    (path) => {
      expect(formatOfPath(`https://api.openai.com/v1${path}`)).toBe(videos);
    },
  );

  it.each(['/videos/video_123', '/videos/video_123/content', '/videos/characters'])(
    'does not match %s',
    (path) => {
      expect(formatOfPath(`https://api.openai.com/v1${path}`)).toBeNull();
    },
  );

  it('does not take the request of another application for one', () => {
    expect(videos.accepts(new Set(['prompt', 'userId']), 'https://app.example/videos')).toBe(false);
    expect(videos.accepts(new Set(['prompt', 'seconds']), 'https://api.openai.com/v1/videos')).toBe(true);
  });

  it('reads the request', () => {
    expect(videos.readRequest({ model: 'sora-2' }, '', NO_HEADERS)).toEqual({
      model: 'sora-2',
      stream: false,
    });
  });
});
