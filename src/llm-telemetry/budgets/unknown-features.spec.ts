import { declareFeature } from '../calls/call-name.js';
import type { Budget } from './budget.options.js';
import { UnknownFeatures, WAIT_MS } from './unknown-features.js';

const { jest } = import.meta;
const budget = (feature?: string): Budget => ({ feature, usd: 1, per: 'day', onExceed: 'warn' });

describe('budgets for unknown features', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  function watch(...budgets: Budget[]): { features: UnknownFeatures; warnings: string[] } {
    const warnings: string[] = [];
    const features = new UnknownFeatures(budgets, (sentence) => warnings.push(sentence));
    features.start();
    return { features, warnings };
  }

  it('log one warning a minute after the start, with the nearest known feature', () => {
    declareFeature('support_chat');
    const { warnings } = watch(budget(), budget('suport_chat'), budget('support_chat'));
    jest.advanceTimersByTime(WAIT_MS - 1);
    expect(warnings).toEqual([]);
    jest.advanceTimersByTime(10 * WAIT_MS);
    expect(warnings).toEqual([
      'budgets[1].feature "suport_chat" is unknown: no decorator declares it, and no call used it in the first minute. ' +
        'Did you mean "support_chat"?',
    ]);
  });

  it('log no warning if a class that declares the feature is loaded within the minute', () => {
    const { warnings } = watch(budget('loaded_later'));
    jest.advanceTimersByTime(WAIT_MS / 2);
    declareFeature('loaded_later');
    jest.advanceTimersByTime(WAIT_MS);
    expect(warnings).toEqual([]);
  });

  it('log no warning if a call used the feature', () => {
    const { features, warnings } = watch(budget('nightly_job'));
    features.see('nightly_job');
    jest.advanceTimersByTime(WAIT_MS);
    expect(warnings).toEqual([]);
  });

  it('log no warning after the application stops', () => {
    const { features, warnings } = watch(budget('nothing_like_it'));
    features.stop();
    jest.advanceTimersByTime(WAIT_MS);
    expect(warnings).toEqual([]);
  });

  it('start no timer if no budget has a feature', () => {
    watch(budget());
    expect(jest.getTimerCount()).toBe(0);
  });
});
