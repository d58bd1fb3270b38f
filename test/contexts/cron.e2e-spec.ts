import { Injectable } from '@nestjs/common';
import { Cron, Interval, ScheduleModule, SchedulerRegistry } from '@nestjs/schedule';
import { Assistant, FAILING, handled, JOBS, TestContext } from './support/context.js';

/** The scheduled method that runs on its next schedule; the others do nothing. */
let enabledJob: 'cron' | 'interval' | 'failing' | null = null;

@Injectable()
class Schedule {
  constructor(private readonly assistant: Assistant) {}

  @Cron('* * * * * *')
  async everySecond(): Promise<void> {
    if (enabledJob !== 'cron') return;
    enabledJob = null;
    await Promise.all(JOBS.map((job) => handled(job.id, () => this.assistant.answer(job))));
  }

  @Interval(20)
  async often(): Promise<void> {
    if (enabledJob !== 'interval') return;
    enabledJob = null;
    await Promise.all(JOBS.map((job) => handled(job.id, () => this.assistant.answer(job))));
  }

  @Cron('* * * * * *', { name: 'failing' })
  async failing(): Promise<void> {
    if (enabledJob !== 'failing') return;
    enabledJob = null;
    await handled(FAILING.id, () => this.assistant.answer(FAILING));
  }
}

describe('calls in a scheduled job', () => {
  const context = new TestContext();
  beforeAll(async () => {
    await context.start({ imports: [ScheduleModule.forRoot()], providers: [Schedule] });
    await context.module.init();
  });
  afterAll(() => context.stop(context.module));
  beforeEach(() => context.clear());

  it.each(['cron', 'interval'] as const)(
    '(%s) are recorded separately with their tokens and attempts',
    async (kind) => {
      enabledJob = kind;
      const records = await context.expectCalls(JOBS);
      expect(records.map(({ attempts }) => attempts.length)).toEqual([1, 2, 1]);
      // Without a request, there is no route and no user.
      for (const { route, identity } of records) expect([route, identity]).toEqual([null, {}]);
      expect(context.asked).toEqual([]);
    },
  );

  it('that fail are recorded as failed, and the scheduler logs the error and continues', async () => {
    context.logger.entries.length = 0;
    enabledJob = 'failing';
    const [record] = await context.expectCalls([FAILING]);
    expect(record!.failure).toMatchObject({ type: 'bad_request', errorClass: 'BadRequestError' });
    expect(context.logger.of('Scheduler').filter(({ level }) => level === 'error')).toHaveLength(1);
    expect(context.module.get(SchedulerRegistry).getCronJob('failing').isActive).toBe(true);
  });
});
