import { declareFeature } from '../calls/declared-features.js';
import type { Budget } from './budget.options.js';
import { UnknownFeatures, WAIT_MS } from './unknown-features.js';

const { jest } = import.meta;
const budget = (feature?: string): Budget => ({ feature, usd: 1, per: 'day', onExceed: 'warn' });

describe('budgets for features that do not exist', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  function watch(...budgets: Budget[]): { features: UnknownFeatures; warnings: string[] } {
    const warnings: string[] = [];
    const features = new UnknownFeatures(budgets, (sentence) => warnings.push(sentence));
    features.start();
    return { features, warnings };
  }

  it('are warned about once, a minute after the start, with the nearest known feature', () => {
    declareFeature('support_chat');
    const { warnings } = watch(budget(), budget('suport_chat'), budget('support_chat'));
    jest.advanceTimersByTime(WAIT_MS - 1);
    expect(warnings).toEqual([]);
    jest.advanceTimersByTime(10 * WAIT_MS);
    expect(warnings).toEqual([
      'budgets[1] is for the feature "suport_chat", which no decorator names and no call has used in the first minute. ' +
        'Did you mean "support_chat"?',
    ]);
  });

  it('are not warned about if a class that names them is loaded within the minute', () => {
    const { warnings } = watch(budget('loaded_later'));
    jest.advanceTimersByTime(WAIT_MS / 2);
    declareFeature('loaded_later');
    jest.advanceTimersByTime(WAIT_MS);
    expect(warnings).toEqual([]);
  });

  it('are not warned about if a call has used them', () => {
    const { features, warnings } = watch(budget('nightly_job'));
    features.see('nightly_job');
    jest.advanceTimersByTime(WAIT_MS);
    expect(warnings).toEqual([]);
  });

  it('are not warned about after the application has stopped', () => {
    const { features, warnings } = watch(budget('nothing_like_it'));
    features.stop();
    jest.advanceTimersByTime(WAIT_MS);
    expect(warnings).toEqual([]);
  });

  it('have no timer if no budget has a feature', () => {
    watch(budget());
    expect(jest.getTimerCount()).toBe(0);
  });
});
