import { Injectable } from '@nestjs/common';
import { Cron, Interval, ScheduleModule, SchedulerRegistry } from '@nestjs/schedule';
import { Assistant, FAILING, handled, JOBS, TestContext } from './support/context.js';

/** Which of the jobs does something when its time comes. */
let turn: 'cron' | 'interval' | 'failing' | null = null;

@Injectable()
class Schedule {
  constructor(private readonly assistant: Assistant) {}

  @Cron('* * * * * *')
  async everySecond(): Promise<void> {
    if (turn !== 'cron') return;
    turn = null;
    await Promise.all(JOBS.map((job) => handled(job.id, () => this.assistant.answer(job))));
  }

  @Interval(20)
  async often(): Promise<void> {
    if (turn !== 'interval') return;
    turn = null;
    await Promise.all(JOBS.map((job) => handled(job.id, () => this.assistant.answer(job))));
  }

  @Cron('* * * * * *', { name: 'failing' })
  async failing(): Promise<void> {
    if (turn !== 'failing') return;
    turn = null;
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
    '(%s) are recorded, each with its own tokens and attempts',
    async (kind) => {
      turn = kind;
      const records = await context.expectCalls(JOBS);
      expect(records.map(({ attempts }) => attempts.length)).toEqual([1, 2, 1]);
      // There is no request that would have a route or a user.
      for (const { route, identity } of records) expect([route, identity]).toEqual([null, {}]);
      expect(context.asked).toEqual([]);
    },
  );

  it('that fail are recorded as failed, and the scheduler sees the error and goes on', async () => {
    context.logger.entries.length = 0;
    turn = 'failing';
    const [record] = await context.expectCalls([FAILING]);
    expect(record!.failure).toMatchObject({ type: 'bad_request', errorClass: 'BadRequestError' });
    expect(context.logger.of('Scheduler').filter(({ level }) => level === 'error')).toHaveLength(1);
    expect(context.module.get(SchedulerRegistry).getCronJob('failing').isActive).toBe(true);
  });
});
