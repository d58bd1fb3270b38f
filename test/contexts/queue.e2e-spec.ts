import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BullModule, getQueueToken, Processor, WorkerHost } from '@nestjs/bullmq';
import { QueueEvents, type Job as QueuedJob, type Queue } from 'bullmq';
import { programPath, requirePrograms } from '../support/optional-programs.js';
import { Assistant, FAILING, handled, JOBS, TestContext, type Job } from './support/context.js';

@Processor('answers', { concurrency: JOBS.length })
class AnswersWorker extends WorkerHost {
  constructor(private readonly assistant: Assistant) {
    super();
  }

  override process({ data }: QueuedJob<Job>): Promise<string> {
    return handled(data.id, () => this.assistant.answer(data));
  }
}

requirePrograms('redis-server');

describe('calls in a queue worker (BullMQ on Redis)', () => {
  const context = new TestContext();
  let directory: string;
  let redis: ChildProcess;
  let queue: Queue<Job, string>;
  let events: QueueEvents;
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'nestjs-llm-telemetry-redis-'));
    const path = join(directory, 'redis.sock');
    redis = spawn(
      programPath('redis-server'),
      ['--port', '0', '--unixsocket', path, '--dir', directory, '--save', ''],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    let printed = '';
    await new Promise<void>((resolve) => {
      redis.stdout!.setEncoding('utf8').on('data', (text: string) => {
        printed += text;
        if (/ready to accept connections/i.test(printed)) resolve();
      });
    });
    const connection = { path, maxRetriesPerRequest: null };
    await context.start({
      imports: [BullModule.forRoot({ connection }), BullModule.registerQueue({ name: 'answers' })],
      providers: [AnswersWorker],
    });
    await context.module.init();
    queue = context.module.get(getQueueToken('answers'), { strict: false });
    events = new QueueEvents('answers', { connection });
    await events.waitUntilReady();
  });
  afterAll(async () => {
    await events.close();
    await context.stop(context.module);
    redis.kill();
    await once(redis, 'exit');
    rmSync(directory, { recursive: true, force: true });
  });
  beforeEach(() => context.clear());

  it('are recorded separately with their tokens and attempts', async () => {
    const queued = await Promise.all(JOBS.map((job) => queue.add('answer', job)));
    const answers = await Promise.all(queued.map((job) => job.waitUntilFinished(events)));
    for (const answer of answers) expect(answer).toEqual(expect.any(String));
    const records = await context.expectCalls(JOBS);
    expect(records.map(({ attempts }) => attempts.length)).toEqual([1, 2, 1]);
    for (const { route, identity } of records) expect([route, identity]).toEqual([null, {}]);
    expect(context.asked).toEqual([]);
  });

  it('that fail are recorded as failed, and the job fails', async () => {
    const job = await queue.add('answer', FAILING);
    await expect(job.waitUntilFinished(events)).rejects.toThrow('400');
    const [record] = await context.expectCalls([FAILING]);
    expect(record!.failure).toMatchObject({ type: 'bad_request', errorClass: 'BadRequestError' });
  });

  it('that the queue repeats are recorded as separate calls', async () => {
    const again: Job = { id: 'again', fault: 'bad_request' };
    const job = await queue.add('answer', again, { attempts: 2 });
    await expect(job.waitUntilFinished(events)).rejects.toThrow('400');
    const records = await context.records.exactly(2);
    expect(records.map(({ attempts, failure }) => [attempts.length, failure?.type])).toEqual([
      [1, 'bad_request'],
      [1, 'bad_request'],
    ]);
  });
});
